#include "store/facts.h"

#include <fmt/format.h>

namespace orbit::store {
namespace {

constexpr std::size_t kBodyBytesMax = 1024 * 1024;
constexpr std::size_t kSealedBytesMax = 64 * 1024 * 1024;  // a snapshot: more than an API request may bring

std::string placeOf(const Fact& fact) {
  return joinPlace(
      {"fact", fact.project, fact.environment, std::to_string(fact.group), std::to_string(fact.atUs), fact.kind});
}

Fact factOf(const Statement& row) {
  Fact fact;
  fact.project = row.text(0);
  fact.environment = row.text(1);
  fact.group = static_cast<int>(row.number(2));
  fact.atUs = row.number(3);
  fact.kind = row.text(4);
  fact.body = row.text(5);
  return fact;
}

constexpr std::string_view kColumns = "project, environment, deploy, at_us, kind, body";

}  // namespace

Status checkFact(const Fact& fact) {
  ORBIT_CHECK(!fact.project.empty() && !fact.environment.empty() && !fact.kind.empty());
  const auto tooLong = [&](std::string_view what, std::size_t size, std::size_t most) {
    return Error{.code = Code::kLimit,
                 .message = fmt::format("{} of r{} of {} ({}) has {} bytes; {} are the most", what, fact.group,
                                        fact.project, fact.environment, size, most)};
  };
  if (fact.body.size() > kBodyBytesMax) return tooLong("a fact", fact.body.size(), kBodyBytesMax);
  if (fact.sealed.size() > kSealedBytesMax) return tooLong("the snapshot", fact.sealed.size(), kSealedBytesMax);
  return {};
}

Status putFact(Database& database, const Fact& fact, const Key* key) {
  ORBIT_TRY(Statement insert,
            database.prepare(fmt::format("INSERT INTO fact ({}, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)", kColumns)));
  insert.bind(1, fact.project)
      .bind(2, fact.environment)
      .bind(3, std::int64_t{fact.group})
      .bind(4, fact.atUs)
      .bind(5, fact.kind)
      .bind(6, fact.body)
      .bindBytes(7, "");
  if (!fact.sealed.empty()) {
    ORBIT_CHECK(key != nullptr);
    insert.bindBytes(7, key->seal(fact.sealed, placeOf(fact)));
  }
  return insert.run();
}

Status dropFacts(Database& database, const std::string& project, const std::string& environment,
                 const std::vector<int>& groups) {
  for (const int group : groups) {
    ORBIT_TRY(Statement remove,
              database.prepare("DELETE FROM fact WHERE project = ? AND environment = ? AND deploy = ?"));
    ORBIT_TRY_STATUS(remove.bind(1, project).bind(2, environment).bind(3, std::int64_t{group}).run());
  }
  return {};
}

Result<std::vector<Fact>> readFacts(Database& database) {
  ORBIT_TRY(Statement select, database.prepare(fmt::format("SELECT {} FROM fact ORDER BY number", kColumns)));
  std::vector<Fact> all;
  while (true) {
    ORBIT_TRY(const bool row, select.step());
    if (!row) return all;
    all.push_back(factOf(select));
  }
}

Result<Fact> readSealed(Database& database, std::string_view project, std::string_view environment, int group) {
  ORBIT_TRY(Statement select,
            database.prepare(fmt::format("SELECT {}, sealed FROM fact WHERE project = ? AND environment = ? AND "
                                         "deploy = ? AND sealed != x'' ORDER BY number DESC LIMIT 1",
                                         kColumns)));
  select.bind(1, project).bind(2, environment).bind(3, std::int64_t{group});
  ORBIT_TRY(const bool row, select.step());
  if (!row) {
    return Error{.code = Code::kNotFound,
                 .message = fmt::format("nothing is kept of r{} of {} ({})", group, project, environment)};
  }
  Fact fact = factOf(select);
  fact.sealed = select.bytes(6);
  return fact;
}

Status openSealed(Fact& fact, const Key& key) {
  const std::string what = fmt::format("what r{} of {} ({}) was made from", fact.group, fact.project, fact.environment);
  ORBIT_TRY(fact.sealed, key.open(fact.sealed, placeOf(fact), what));
  return {};
}

Result<bool> hasSealedFacts(Database& database) {
  ORBIT_TRY(const std::int64_t found, database.number("SELECT 1 FROM fact WHERE sealed != x'' LIMIT 1"));
  return found != 0;
}

}  // namespace orbit::store

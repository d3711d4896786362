#include "store/variables.h"

#include <fmt/format.h>

#include "base/text.h"

namespace orbit::store {
namespace {

constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kValueBytesMax = 64 * 1024;  // Linux gives a process no single one beyond 128 KiB
constexpr std::size_t kAtOnceMax = 1000;
constexpr int kInEnvironmentMax = 1000;
constexpr int kVersionsMax = 100;  // older ones read as revoked

bool isName(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto wrong = [&](char c) { return !letter(c) && !(c >= '0' && c <= '9'); };
  return !name.empty() && letter(name[0]) && std::none_of(name.begin(), name.end(), wrong);
}

std::string placeOf(const Variable& variable) {
  return joinPlace({"variable", variable.project, variable.environment, variable.service, variable.name,
                    std::to_string(variable.version)});
}

Statement& bindScope(Statement& statement, const VariableScope& scope, std::string_view name) {
  return statement.bind(1, scope.project).bind(2, scope.environment).bind(3, scope.service).bind(4, name);
}

constexpr std::string_view kOfName = "project = ?1 AND environment = ?2 AND service = ?3 AND name = ?4";

// The newest row of a name, gone or not; 0 without any.
Result<int> lastVersion(Database& database, const VariableScope& scope, std::string_view name) {
  ORBIT_TRY(Statement select, database.prepare(fmt::format("SELECT max(version) FROM variable WHERE {}", kOfName)));
  bindScope(select, scope, name);
  ORBIT_TRY(const bool row, select.step());
  return row ? static_cast<int>(select.number(0)) : 0;
}

Status putOne(Database& database, Variable variable, const Key* key) {
  const VariableScope scope{variable.project, variable.environment, variable.service};
  ORBIT_TRY(const int last, lastVersion(database, scope, variable.name));
  variable.version = last + 1;
  ORBIT_TRY(Statement clear,
            database.prepare(fmt::format("DELETE FROM variable WHERE {} AND (gone OR version <= ?5)", kOfName)));
  ORBIT_TRY_STATUS(bindScope(clear, scope, variable.name).bind(5, std::int64_t{last + 1 - kVersionsMax}).run());
  ORBIT_TRY(Statement insert, database.prepare("INSERT INTO variable (project, environment, service, name, version, "
                                               "secret, value, set_us) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"));
  bindScope(insert, scope, variable.name)
      .bind(5, std::int64_t{variable.version})
      .bind(6, std::int64_t{variable.secret})
      .bind(8, variable.setUs);
  if (variable.secret) {
    ORBIT_CHECK(key != nullptr);
    insert.bindBytes(7, key->seal(variable.value, placeOf(variable)));
  } else {
    insert.bindBytes(7, variable.value);
  }
  wipe(variable.value);
  return insert.run();
}

Status checkRoom(Database& database, const Variable& variable) {
  ORBIT_TRY(Statement count, database.prepare("SELECT count(DISTINCT service || '/' || name) FROM variable "
                                              "WHERE project = ? AND environment = ? AND NOT gone"));
  count.bind(1, variable.project).bind(2, variable.environment);
  ORBIT_TRY(const bool row, count.step());
  if (!row || count.number(0) <= kInEnvironmentMax) return {};
  return Error{.code = Code::kLimit,
               .message = fmt::format("{} of {} would have more than {} variables", variable.environment,
                                      variable.project, kInEnvironmentMax),
               .hint = "keep long lists in a file of the image or in a volume"};
}

Error noVariable(const VariableScope& scope, std::string_view name) {
  return {.code = Code::kNotFound,
          .message = fmt::format("there is no variable {} for {}", name, scope.text()),
          .hint = "see them with `orbit vars list -E " + scope.environment + "`"};
}

Variable variableOf(const Statement& row) {
  Variable variable;
  variable.project = row.text(0);
  variable.environment = row.text(1);
  variable.service = row.text(2);
  variable.name = row.text(3);
  variable.version = static_cast<int>(row.number(4));
  variable.secret = row.number(5) != 0;
  variable.value = row.bytes(6);
  variable.setUs = row.number(7);
  return variable;
}

Result<bool> isThere(Database& database, const VariableScope& scope, std::string_view name) {
  ORBIT_TRY(Statement select,
            database.prepare(fmt::format("SELECT 1 FROM variable WHERE {} AND NOT gone LIMIT 1", kOfName)));
  return bindScope(select, scope, name).step();
}

}  // namespace

std::string VariableScope::text() const {
  const std::string all = fmt::format("{} of {}", environment, project);
  return service.empty() ? all : fmt::format("{} in {}", service, all);
}

Status checkVariables(const std::vector<Variable>& variables) {
  if (variables.size() > kAtOnceMax) {
    return Error{.code = Code::kLimit, .message = fmt::format("more than {} variables at once", kAtOnceMax)};
  }
  for (const auto& variable : variables) {
    ORBIT_CHECK(!variable.project.empty() && !variable.environment.empty());
    if (!isName(variable.name) || variable.name.size() > kNameBytesMax) {
      return Error{.code = Code::kInvalid,
                   .message = fmt::format("'{}' cannot name a variable", variable.name.substr(0, kNameBytesMax)),
                   .hint = fmt::format("letters of ASCII, digits and '_', no digit first, at most {}", kNameBytesMax)};
    }
    if (variable.value.size() > kValueBytesMax) {
      return Error{.code = Code::kLimit,
                   .message = fmt::format("the value of {} has {} bytes; {} are the most", variable.name,
                                          variable.value.size(), kValueBytesMax),
                   .hint = "what is longer belongs into a file"};
    }
    if (variable.value.find('\0') != std::string::npos) {
      return Error{
          .code = Code::kInvalid,
          .message = fmt::format("the value of {} has a NUL byte, which no environment can hold", variable.name),
          .hint = "encode it, as base64 does"};
    }
  }
  return {};
}

Status putVariables(Database& database, const std::vector<Variable>& variables, const Key* key) {
  for (const auto& variable : variables) {
    ORBIT_TRY_STATUS(putOne(database, variable, key));
  }
  return variables.empty() ? Status() : checkRoom(database, variables.front());
}

Status dropVariables(Database& database, const VariableScope& scope, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    ORBIT_TRY(const bool found, isThere(database, scope, name));
    if (!found) return noVariable(scope, name);
    ORBIT_TRY_STATUS(dropOldVersions(database, scope, {name}));
    ORBIT_TRY(Statement clear,
              database.prepare(fmt::format("UPDATE variable SET gone = 1, value = x'' WHERE {}", kOfName)));
    ORBIT_TRY_STATUS(bindScope(clear, scope, name).run());
  }
  return {};
}

Status dropOldVersions(Database& database, const VariableScope& scope, const std::vector<std::string>& names) {
  for (const auto& name : names) {
    ORBIT_TRY(const bool found, isThere(database, scope, name));
    if (!found) return noVariable(scope, name);
    ORBIT_TRY(const int last, lastVersion(database, scope, name));
    ORBIT_TRY(Statement remove,
              database.prepare(fmt::format("DELETE FROM variable WHERE {} AND version < ?5", kOfName)));
    ORBIT_TRY_STATUS(bindScope(remove, scope, name).bind(5, std::int64_t{last}).run());
  }
  return {};
}

Result<std::vector<Variable>> readVariables(Database& database, std::string_view project,
                                            std::string_view environment) {
  // SQLite takes the other columns from the row of the maximum.
  ORBIT_TRY(Statement select, database.prepare("SELECT project, environment, service, name, max(version), secret, "
                                               "CASE WHEN secret THEN x'' ELSE value END, set_us, gone FROM variable "
                                               "WHERE (?1 = '' OR project = ?1) AND (?2 = '' OR environment = ?2) "
                                               "GROUP BY project, environment, service, name "
                                               "ORDER BY project, environment, service, name"));
  select.bind(1, project).bind(2, environment);
  std::vector<Variable> all;
  while (true) {
    ORBIT_TRY(const bool row, select.step());
    if (!row) return all;
    if (select.number(8) == 0) all.push_back(variableOf(select));
  }
}

Result<Variable> readVersion(Database& database, const VariableScope& scope, std::string_view name, int version) {
  ORBIT_TRY(Statement select,
            database.prepare(fmt::format("SELECT project, environment, service, name, version, secret, value, set_us "
                                         "FROM variable WHERE {} AND NOT gone ORDER BY version = ?5 DESC, version DESC "
                                         "LIMIT 1",
                                         kOfName)));
  bindScope(select, scope, name).bind(5, std::int64_t{version});
  ORBIT_TRY(const bool row, select.step());
  if (!row) return noVariable(scope, name);
  return variableOf(select);
}

Status openValue(Variable& variable, const Key& key) {
  const VariableScope scope{variable.project, variable.environment, variable.service};
  const std::string what = fmt::format("{} for {} (version {})", variable.name, scope.text(), variable.version);
  ORBIT_TRY(variable.value, key.open(variable.value, placeOf(variable), what));
  return {};
}

Result<bool> hasSealedVariables(Database& database) {
  ORBIT_TRY(const std::int64_t found, database.number("SELECT 1 FROM variable WHERE secret AND NOT gone LIMIT 1"));
  return found != 0;
}

}  // namespace orbit::store

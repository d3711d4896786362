#include "store/store.h"

#include <fmt/format.h>

#include <filesystem>
#include <mutex>

#include "store/facts.h"
#include "store/schema.h"
#include "store/seal.h"
#include "store/variables.h"
#include "store/writer.h"

namespace orbit::store {
namespace {

constexpr std::string_view kColumns = "id, kind, project, started_us, ended_us, outcome, detail";
constexpr int kOperationsMax = 10'000;
constexpr std::size_t kDetailBytesMax = 64 * 1024;
constexpr std::size_t kAlertBytesMax = 8 * 1024 * 1024;

Operation operationOf(const Statement& row) {
  return {row.text(0), row.text(1), row.text(2), row.number(3), row.number(4), row.text(5), row.text(6)};
}

Result<std::vector<Operation>> readAll(Statement statement) {
  std::vector<Operation> operations;
  while (true) {
    ORBIT_TRY(const bool row, statement.step());
    if (!row) return operations;
    operations.push_back(operationOf(statement));
  }
}

Status insertDomain(Database& database, const model::Domain& domain) {
  ORBIT_TRY(Statement select, database.prepare("SELECT project, environment, service FROM domain WHERE host = ?"));
  select.bind(1, domain.host);
  ORBIT_TRY(const bool taken, select.step());
  if (taken) {
    return Error{.code = Code::kConflict,
                 .message = fmt::format("{} belongs to service {} of {} ({}) already", domain.host, select.text(2),
                                        select.text(0), select.text(1)),
                 .hint = fmt::format("take it away first: orbit domains remove {}", domain.host)};
  }
  ORBIT_TRY(Statement insert, database.prepare("INSERT INTO domain VALUES (?, ?, ?, ?, ?, ?)"));
  return insert.bind(1, domain.host)
      .bind(2, domain.project)
      .bind(3, domain.environment)
      .bind(4, domain.service)
      .bind(5, domain.addedUs)
      .bind(6, std::int64_t{domain.hsts})
      .run();
}

// What waits for the writer with plain secrets in it: overwritten when it is written.
struct WaitingVariables {
  std::vector<Variable> variables;
  std::shared_ptr<const Key> key;
  ~WaitingVariables() {
    for (auto& variable : variables) wipe(variable.value);
  }
};

struct WaitingFact {
  Fact fact;
  std::shared_ptr<const Key> key;
  ~WaitingFact() { wipe(fact.sealed); }
};

// Secrets are there and their key is not.
Error lostKey(const std::string& path) {
  return {.code = Code::kInvalid,
          .message = fmt::format("the key file {} is gone, and the state has secrets that only it opens", path),
          .hint = fmt::format("put it back from a backup, mode 0600. If there is none, those secrets are lost: make a "
                              "new key, (umask 077; head -c 32 /dev/urandom > {}), set each secret again with `orbit "
                              "vars set`, and deploy; releases from before cannot be gone back to",
                              path)};
}

class SqliteStore final : public Store {
 public:
  SqliteStore(Database writing, Database reading, std::string home, std::string keyPath)
      : home_(std::move(home)),
        keyPath_(std::move(keyPath)),
        writer_(std::move(writing)),
        reading_(std::move(reading)) {}

  const std::string& home() const override { return home_; }

  void begin(Operation operation, Done done) override {
    writer_.add(
        [operation = std::move(operation)](Database& database) -> Status {
          ORBIT_TRY(
              Statement insert,
              database.prepare("INSERT INTO operation (id, kind, project, started_us, detail) VALUES (?, ?, ?, ?, ?)"));
          return insert.bind(1, operation.id)
              .bind(2, operation.kind)
              .bind(3, operation.project)
              .bind(4, operation.startedUs)
              .bind(5, operation.detail)
              .run();
        },
        std::move(done));
  }

  void end(std::string id, std::int64_t endedUs, std::string outcome, std::string detail, Done done) override {
    if (detail.size() > kDetailBytesMax) detail = R"({"leftOut":"too long"})";
    writer_.add(
        [=](Database& database) -> Status {
          ORBIT_TRY(Statement update, database.prepare("UPDATE operation SET ended_us = ?, outcome = ?, detail = ? "
                                                       "WHERE id = ? AND ended_us = 0 RETURNING id"));
          update.bind(1, endedUs).bind(2, outcome).bind(3, detail).bind(4, id);
          ORBIT_TRY(const bool found, update.step());
          if (!found) return Error{.code = Code::kNotFound, .message = "no unfinished operation " + id};
          return update.run();
        },
        std::move(done));
  }

  Result<std::vector<Operation>> operations(std::string_view project, int limit) override {
    const std::lock_guard lock(readingMutex_);
    ORBIT_TRY(Statement select,
              reading_.prepare(
                  project.empty() ? fmt::format("SELECT {} FROM operation ORDER BY id DESC LIMIT ?1", kColumns)
                                  : fmt::format("SELECT {} FROM operation WHERE project = ?2 ORDER BY id DESC LIMIT ?1",
                                                kColumns)));
    select.bind(1, std::clamp(limit, 0, kOperationsMax));
    if (!project.empty()) select.bind(2, project);
    return readAll(std::move(select));
  }

  Result<std::vector<Operation>> recover(std::int64_t nowUs) override {
    std::vector<Operation> unfinished;
    ORBIT_TRY_STATUS(writer_.run([&unfinished, nowUs](Database& database) -> Status {
      ORBIT_TRY(Statement update,
                database.prepare(fmt::format("UPDATE operation SET ended_us = ?, outcome = 'interrupted' "
                                             "WHERE ended_us = 0 RETURNING {}",
                                             kColumns)));
      update.bind(1, nowUs);
      ORBIT_TRY(unfinished, readAll(std::move(update)));
      return {};
    }));
    std::sort(unfinished.begin(), unfinished.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return unfinished;
  }

  void addDomain(model::Domain domain, Done done) override {
    writer_.add([domain = std::move(domain)](Database& database) { return insertDomain(database, domain); },
                std::move(done));
  }

  void removeDomain(std::string host, Done done) override {
    writer_.add(
        [host = std::move(host)](Database& database) -> Status {
          ORBIT_TRY(Statement remove, database.prepare("DELETE FROM domain WHERE host = ? RETURNING host"));
          remove.bind(1, host);
          ORBIT_TRY(const bool found, remove.step());
          if (!found) {
            return Error{
                .code = Code::kNotFound, .message = "no domain " + host, .hint = "see them with `orbit domains list`"};
          }
          return remove.run();
        },
        std::move(done));
  }

  Result<std::vector<model::Domain>> domains() override {
    const std::lock_guard lock(readingMutex_);
    ORBIT_TRY(Statement select, reading_.prepare("SELECT host, project, environment, service, added_us, hsts "
                                                 "FROM domain ORDER BY host"));
    std::vector<model::Domain> all;
    while (true) {
      ORBIT_TRY(const bool row, select.step());
      if (!row) return all;
      all.push_back(
          {select.text(0), select.text(1), select.text(2), select.text(3), select.number(4), select.number(5) != 0});
    }
  }

  Result<std::string> setting(std::string_view key) override {
    const std::lock_guard lock(readingMutex_);
    ORBIT_TRY(Statement select, reading_.prepare("SELECT value FROM setting WHERE key = ?"));
    select.bind(1, key);
    ORBIT_TRY(const bool found, select.step());
    return found ? select.text(0) : std::string();
  }

  void set(std::string key, std::string value, Done done) override {
    writer_.add(
        [key = std::move(key), value = std::move(value)](Database& database) -> Status {
          ORBIT_TRY(Statement put, database.prepare("INSERT OR REPLACE INTO setting VALUES (?, ?)"));
          return put.bind(1, key).bind(2, value).run();
        },
        std::move(done));
  }

  void setVariables(std::vector<Variable> variables, Done done) override {
    auto waiting = std::make_shared<WaitingVariables>();
    waiting->variables = std::move(variables);
    if (Status right = checkVariables(waiting->variables); !right.ok()) return done(std::move(right));
    if (std::any_of(waiting->variables.begin(), waiting->variables.end(), [](const auto& one) { return one.secret; })) {
      auto key = keyToSeal();
      if (!key.ok()) return done(std::move(key).error());
      waiting->key = std::move(key).value();
    }
    writer_.add(
        [waiting](Database& database) { return putVariables(database, waiting->variables, waiting->key.get()); },
        std::move(done));
  }

  void unsetVariables(std::string project, std::string environment, std::string service, std::vector<std::string> names,
                      Done done) override {
    writer_.add([scope = VariableScope{std::move(project), std::move(environment), std::move(service)},
                 names = std::move(names)](Database& database) { return dropVariables(database, scope, names); },
                std::move(done));
  }

  void revokeVariables(std::string project, std::string environment, std::string service,
                       std::vector<std::string> names, Done done) override {
    writer_.add([scope = VariableScope{std::move(project), std::move(environment), std::move(service)},
                 names = std::move(names)](Database& database) { return dropOldVersions(database, scope, names); },
                std::move(done));
  }

  Result<std::vector<Variable>> variables(std::string_view project, std::string_view environment) override {
    const std::lock_guard lock(readingMutex_);
    return readVariables(reading_, project, environment);
  }

  Result<Variable> secret(std::string_view project, std::string_view environment, std::string_view service,
                          std::string_view name, int version) override {
    const std::lock_guard lock(readingMutex_);
    const VariableScope scope{std::string(project), std::string(environment), std::string(service)};
    ORBIT_TRY(Variable variable, readVersion(reading_, scope, name, version));
    if (!variable.secret) return variable;
    ORBIT_TRY(const Key key, keyToOpen());
    ORBIT_TRY_STATUS(openValue(variable, key));
    return variable;
  }

  void addFact(Fact fact, Done done) override {
    auto waiting = std::make_shared<WaitingFact>();
    waiting->fact = std::move(fact);
    if (Status right = checkFact(waiting->fact); !right.ok()) return done(std::move(right));
    if (!waiting->fact.sealed.empty()) {
      auto key = keyToSeal();
      if (!key.ok()) return done(std::move(key).error());
      waiting->key = std::move(key).value();
    }
    writer_.add([waiting](Database& database) { return putFact(database, waiting->fact, waiting->key.get()); },
                std::move(done));
  }

  Result<std::vector<Fact>> facts() override {
    const std::lock_guard lock(readingMutex_);
    return readFacts(reading_);
  }

  Result<std::string> sealedFact(std::string_view project, std::string_view environment, int group) override {
    const std::lock_guard lock(readingMutex_);
    ORBIT_TRY(Fact fact, readSealed(reading_, project, environment, group));
    ORBIT_TRY(const Key key, keyToOpen());
    ORBIT_TRY_STATUS(openSealed(fact, key));
    return std::move(fact.sealed);
  }

  void forgetFacts(std::string project, std::string environment, std::vector<int> groups, Done done) override {
    writer_.add([project = std::move(project), environment = std::move(environment), groups = std::move(groups)](
                    Database& database) { return dropFacts(database, project, environment, groups); },
                std::move(done));
  }

  void keepAlerts(std::map<std::string, std::string> texts, Done done) override {
    for (const auto& [name, text] : texts) {
      if (text.size() <= kAlertBytesMax) continue;
      return done(Error{.code = Code::kLimit,
                        .message = fmt::format("{} has {} bytes; {} are the most", name, text.size(), kAlertBytesMax)});
    }
    writer_.add(
        [texts = std::move(texts)](Database& database) -> Status {
          for (const auto& [name, text] : texts) {
            ORBIT_TRY(Statement change, database.prepare(text.empty() ? "DELETE FROM alert WHERE name = ?"
                                                                      : "INSERT OR REPLACE INTO alert VALUES (?, ?)"));
            change.bind(1, name);
            if (!text.empty()) change.bind(2, text);
            ORBIT_TRY_STATUS(change.run());
          }
          return {};
        },
        std::move(done));
  }

  Result<std::map<std::string, std::string>> alerts() override {
    const std::lock_guard lock(readingMutex_);
    ORBIT_TRY(Statement select, reading_.prepare("SELECT name, body FROM alert"));
    std::map<std::string, std::string> texts;
    while (true) {
      ORBIT_TRY(const bool row, select.step());
      if (!row) return texts;
      texts[select.text(0)] = select.text(1);
    }
  }

  void prune(int keep, Done done) override {
    writer_.add(
        [keep](Database& database) -> Status {
          ORBIT_TRY(Statement remove, database.prepare(R"(DELETE FROM operation WHERE id IN (
              SELECT id FROM (SELECT id, ended_us, row_number() OVER (PARTITION BY project ORDER BY id DESC) AS age
                              FROM operation) WHERE age > ? AND ended_us != 0))"));
          return remove.bind(1, keep).run();
        },
        std::move(done));
  }

 private:
  // The key file is read whenever it is needed: it stays in memory no longer, and one that was put back works at once.
  Result<Key> keyToOpen() {
    auto key = Key::read(keyPath_);
    if (!key.ok() && key.error().code == Code::kNotFound) return lostKey(keyPath_);
    return key;
  }

  // Makes the home's key, unless that would hide that it was lost.
  Result<std::shared_ptr<const Key>> keyToSeal() {
    const std::lock_guard lock(readingMutex_);
    auto key = Key::read(keyPath_);
    if (!key.ok() && key.error().code == Code::kNotFound) {
      ORBIT_TRY(const bool variables, hasSealedVariables(reading_));
      ORBIT_TRY(const bool facts, hasSealedFacts(reading_));
      if (variables || facts) return lostKey(keyPath_);
      key = Key::make(keyPath_);
    }
    if (!key.ok()) return std::move(key).error();
    return std::shared_ptr<const Key>(std::make_shared<Key>(*key));
  }

  const std::string home_;
  const std::string keyPath_;
  Writer writer_;
  std::mutex readingMutex_;
  Database reading_;  // after the writer: closed first, so that the writer's close empties the WAL into the file
};

Result<std::string> homeOf(Database& database, const Clock& clock) {
  Random random = Random::fromSystem();
  ORBIT_TRY(Statement insert, database.prepare("INSERT OR IGNORE INTO meta VALUES ('home', ?)"));
  ORBIT_TRY_STATUS(insert.bind(1, newId(clock.wallUs(), random)).run());
  ORBIT_TRY(Statement select, database.prepare("SELECT value FROM meta WHERE key = 'home'"));
  ORBIT_TRY_STATUS([&]() -> Status {
    ORBIT_TRY(const bool found, select.step());
    ORBIT_CHECK(found);
    return {};
  }());
  return select.text(0);
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& folder, const Clock& clock) {
  namespace fs = std::filesystem;
  std::error_code failed;
  const bool created = fs::create_directories(folder, failed);
  if (created) fs::permissions(folder, fs::perms::owner_all, failed);
  if (failed) {
    const bool full = failed == std::errc::no_space_on_device;
    return Error{.code = full                                     ? Code::kNoSpace
                         : failed == std::errc::permission_denied ? Code::kDenied
                                                                  : Code::kIo,
                 .message = fmt::format("cannot make the folder {}: {}", folder, failed.message()),
                 .hint = "choose another folder with ORBIT_HOME, or mend its parent"};
  }
  const std::string path = folder + "/state.db";
  ORBIT_TRY(Database writing, Database::open(path, false));
  ORBIT_TRY_STATUS(migrate(writing, migrations(), ORBIT_VERSION));
  ORBIT_TRY(std::string home, homeOf(writing, clock));
  ORBIT_TRY(Database reading, Database::open(path, true));
  return std::unique_ptr<Store>(
      std::make_unique<SqliteStore>(std::move(writing), std::move(reading), std::move(home), folder + "/key"));
}

}  // namespace orbit::store

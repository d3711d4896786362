#include "store/schema.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace orbit::store {
namespace {

constexpr std::int64_t kApplicationId = 0x6f726274;  // "orbt"
// A whole check takes time by size; beyond this SQLite's own checks on the way must do.
constexpr std::int64_t kCheckedPagesMax = 16384;  // 64 MiB

constexpr Migration kMigrations[] = {
    {1, 1, R"(
CREATE TABLE operation (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  project TEXT NOT NULL,
  started_us INTEGER NOT NULL,
  ended_us INTEGER NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX operation_by_project ON operation (project, id);
CREATE INDEX operation_unfinished ON operation (id) WHERE ended_us = 0;
)"},
    {2, 1, R"(
CREATE TABLE domain (
  host TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  environment TEXT NOT NULL,
  service TEXT NOT NULL,
  added_us INTEGER NOT NULL,
  hsts INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE setting (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;
)"},
    // A variable that was unset keeps its newest row, gone and without a value: numbers are never given twice.
    {3, 1, R"(
CREATE TABLE variable (
  project TEXT NOT NULL,
  environment TEXT NOT NULL,
  service TEXT NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  secret INTEGER NOT NULL,
  value BLOB NOT NULL,
  set_us INTEGER NOT NULL,
  gone INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (project, environment, service, name, version)
) WITHOUT ROWID;
CREATE TABLE fact (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  project TEXT NOT NULL,
  environment TEXT NOT NULL,
  deploy INTEGER NOT NULL,
  at_us INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  sealed BLOB NOT NULL
);
CREATE INDEX fact_by_deploy ON fact (project, environment, deploy);
)"},
    {4, 1, R"(
CREATE TABLE alert (
  name TEXT PRIMARY KEY,
  body TEXT NOT NULL
) WITHOUT ROWID;
)"},
};

Status checkSound(Database& database) {
  ORBIT_TRY(const std::int64_t pages, database.number("PRAGMA page_count"));
  if (pages > kCheckedPagesMax) return {};
  ORBIT_TRY(Statement check, database.prepare("PRAGMA quick_check(1)"));
  ORBIT_TRY(const bool row, check.step());
  if (row && check.text(0) == "ok") return {};
  constexpr int kCorrupt = 11;  // SQLITE_CORRUPT
  return databaseError(kCorrupt, "cannot use", database.path());
}

Error ioError(const std::string& path) {
  return {.code = errno == ENOSPC ? Code::kNoSpace : Code::kIo,
          .message = fmt::format("cannot copy the state to {} before changing it: {}", path, std::strerror(errno)),
          .hint = "free some space on that disk, then start again; nothing was changed"};
}

// A copy under its final name is whole: it is written beside, synced, and renamed.
Status copyBefore(Database& database, int schema) {
  const std::string path = fmt::format("{}.before-{}", database.path(), schema);
  const std::string partial = path + ".partial";
  ::unlink(partial.c_str());
  const int descriptor = ::open(partial.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return ioError(path);
  Status copied = [&]() -> Status {
    ORBIT_TRY(Statement copy, database.prepare("VACUUM INTO ?"));
    return copy.bind(1, partial).run();
  }();
  if (copied.ok() && (::fsync(descriptor) != 0 || std::rename(partial.c_str(), path.c_str()) != 0)) {
    copied = ioError(path);
  }
  ::close(descriptor);
  if (!copied.ok()) ::unlink(partial.c_str());
  return copied;
}

Status apply(Database& database, const Migration& step, std::string_view productVersion) {
  ORBIT_TRY_STATUS(database.execute("BEGIN IMMEDIATE"));
  Status applied = [&]() -> Status {
    ORBIT_TRY_STATUS(database.execute("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)"));
    ORBIT_TRY_STATUS(database.execute(std::string(step.sql)));
    ORBIT_TRY(Statement meta, database.prepare("INSERT OR REPLACE INTO meta VALUES ('oldest_reader', ?), "
                                               "('written_by', ?)"));
    ORBIT_TRY_STATUS(meta.bind(1, std::to_string(step.oldestReader)).bind(2, productVersion).run());
    return database.execute(
        fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}; COMMIT", kApplicationId, step.schema));
  }();
  if (!applied.ok()) static_cast<void>(database.execute("ROLLBACK"));  // the first error is the one to tell
  return applied;
}

// What a file that is newer than us says about itself.
Status acceptNewer(Database& database, std::int64_t schema, int known) {
  std::int64_t oldestReader = schema;
  std::string writtenBy = "a newer version";
  ORBIT_TRY(Statement meta, database.prepare("SELECT key, value FROM meta"));
  while (true) {
    ORBIT_TRY(const bool row, meta.step());
    if (!row) break;
    if (meta.text(0) == "oldest_reader") oldestReader = std::atoll(meta.text(1).c_str());
    if (meta.text(0) == "written_by") writtenBy = meta.text(1);
  }
  if (known >= oldestReader) return {};
  return Error{.code = Code::kUnsupported,
               .message = fmt::format("{} has schema {}, written by Orbit {}; this Orbit knows schemas up to {}",
                                      database.path(), schema, writtenBy, known),
               .hint = fmt::format("run Orbit {} or newer, or go back to the copy {}.before-{}", writtenBy,
                                   database.path(), known + 1)};
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

Status migrate(Database& database, std::span<const Migration> steps, std::string_view productVersion) {
  ORBIT_CHECK(!steps.empty());
  ORBIT_TRY_STATUS(checkSound(database));
  ORBIT_TRY(const std::int64_t application, database.number("PRAGMA application_id"));
  ORBIT_TRY(std::int64_t schema, database.number("PRAGMA user_version"));
  ORBIT_TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_master"));
  if (tables > 0 && application != kApplicationId) {
    return Error{.code = Code::kInvalid,
                 .message = database.path() + " is a database of another program",
                 .hint = "move it away, or choose another folder with ORBIT_HOME"};
  }
  const int known = steps.back().schema;
  if (schema > known) return acceptNewer(database, schema, known);
  const bool fresh = schema == 0;  // it has nothing to lose
  for (const Migration& step : steps) {
    if (step.schema <= schema) continue;
    ORBIT_CHECK(step.schema == schema + 1);
    if (!fresh) {
      ORBIT_TRY_STATUS(copyBefore(database, step.schema));
    }
    ORBIT_TRY_STATUS(apply(database, step, productVersion));
    schema = step.schema;
  }
  return {};
}

}  // namespace orbit::store

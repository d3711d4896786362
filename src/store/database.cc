#include "store/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace orbit::store {
namespace {

constexpr int kBusyTimeoutMs = 5000;
// Pages of a connection's cache in KiB: the state is small, and the daemon's memory is promised.
constexpr int kCacheKib = 256;

// The file is made by us, so that nobody else can read it from its first byte on; SQLite gives the same mode to its
// -wal and -shm.
Status createPrivate(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    const int reason = errno;
    const Code code = reason == ENOSPC                      ? Code::kNoSpace
                      : reason == EACCES || reason == EROFS ? Code::kDenied
                                                            : Code::kIo;
    return Error{.code = code,
                 .message = fmt::format("cannot open {}: {}", path, std::strerror(reason)),
                 .hint = "check the folder's owner and free space"};
  }
  ::close(descriptor);
  return {};
}

}  // namespace

Error databaseError(int sqliteCode, std::string_view doing, const std::string& path) {
  const auto message = [&](std::string_view what) { return fmt::format("{} {}: {}", doing, path, what); };
  switch (sqliteCode & 0xff) {
    case SQLITE_FULL:
      return {.code = Code::kNoSpace,
              .message = message("the disk is full"),
              .hint = "free some space on that disk, then try again"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {.code = Code::kInvalid,
              .message = message("the file is damaged"),
              .hint = fmt::format("stop Orbit (orbit server stop), move {0} and {0}-wal away, put a copy back if there "
                                  "is one ({0}.before-N), and start again; containers and volumes are not touched",
                                  path)};
    case SQLITE_CONSTRAINT:
      return {.code = Code::kConflict, .message = message(sqlite3_errstr(sqliteCode)), .hint = {}};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {.code = Code::kUnavailable,
              .message = message("another process keeps it locked"),
              .hint = "see who has it open: fuser " + path};
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return {.code = Code::kDenied,
              .message = message(sqlite3_errstr(sqliteCode)),
              .hint = "check the owner and mode of the file and its folder"};
    default:
      return {.code = Code::kIo,
              .message = message(sqlite3_errstr(sqliteCode)),
              .hint = "check the disk (dmesg) and start again: orbit server stop"};
  }
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}
Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), path_(std::move(other.path_)) {}

Statement& Statement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_, index, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(int index, std::int64_t number) {
  sqlite3_bind_int64(statement_, index, number);
  return *this;
}

Statement& Statement::bindBytes(int index, std::string_view bytes) {
  sqlite3_bind_blob64(statement_, index, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return databaseError(sqlite3_extended_errcode(sqlite3_db_handle(statement_)), "cannot use", path_);
}

Status Statement::run() {
  while (true) {
    ORBIT_TRY(const bool row, step());
    if (!row) return {};
  }
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::string Statement::bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  return bytes == nullptr ? "" : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_, column);
}

Result<Database> Database::open(const std::string& path, bool readOnly) {
  if (!readOnly) {
    ORBIT_TRY_STATUS(createPrivate(path));
  }
  sqlite3* handle = nullptr;
  const int flags = (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database(handle, path);
  if (code != SQLITE_OK) return databaseError(code, "cannot open", path);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  ORBIT_TRY_STATUS(database.execute(fmt::format("PRAGMA cache_size = -{}", kCacheKib)));
  if (!readOnly) {
    ORBIT_TRY_STATUS(
        database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                         "PRAGMA secure_delete = ON;"));
  }
  return database;
}

Database::~Database() {
  sqlite3_close(handle_);
}
Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return databaseError(sqlite3_extended_errcode(handle_), "cannot use", path_);
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return databaseError(sqlite3_extended_errcode(handle_), "cannot use", path_);
  return Statement(statement, path_);
}

Result<std::int64_t> Database::number(std::string_view sql) {
  ORBIT_TRY(Statement statement, prepare(sql));
  ORBIT_TRY(const bool row, statement.step());
  return row ? statement.number(0) : 0;
}

}  // namespace orbit::store

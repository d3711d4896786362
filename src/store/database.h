// One SQLite connection and its statements, as Result values. Private to store. Thread rules: one owner at a time.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace orbit::store {

// How a code of SQLite reads as ours: kNoSpace, kInvalid (damaged), kConflict (constraint), kUnavailable (busy),
// kDenied, else kIo.
Error databaseError(int sqliteCode, std::string_view doing, const std::string& path);

// A prepared statement. Bind from 1, step until it answers false, read columns from 0.
class Statement {
 public:
  Statement(sqlite3_stmt* statement, const std::string& path) : statement_(statement), path_(path) {}
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::int64_t number);
  Statement& bindBytes(int index, std::string_view bytes);
  // True: there is a row. False: done.
  Result<bool> step();
  Status run();  // steps to the end
  std::string text(int column) const;
  std::string bytes(int column) const;
  std::int64_t number(int column) const;

 private:
  sqlite3_stmt* statement_;
  std::string path_;
};

class Database {
 public:
  // Opens or creates (0600) the file. WAL, FULL sync, foreign keys, a busy timeout, a small cache; deleted content is
  // overwritten.
  static Result<Database> open(const std::string& path, bool readOnly);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  Status execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  Result<std::int64_t> number(std::string_view sql);  // the first column of the first row, 0 without one
  const std::string& path() const { return path_; }

 private:
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  sqlite3* handle_;
  std::string path_;
};

}  // namespace orbit::store

// Files by descriptor, with Orbit's errors (kNoSpace, kDenied, kNotFound, kIo). Private to logs. Thread rules: one
// owner.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace orbit::logs {

class File {
 public:
  File() = default;
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept;
  ~File() { close(); }
  static Result<File> openToRead(const std::string& path);
  static Result<File> openToWrite(const std::string& path);  // made (0600) when missing

  bool isOpen() const { return descriptor_ >= 0; }
  void close();
  Result<std::uint64_t> size() const;
  // All of it at `offset`; short at the file's end. `room` holds it, grows where it must and is no smaller afterwards.
  Result<std::string_view> read(std::uint64_t offset, std::size_t bytes, std::string& room) const;
  Result<std::string> read(std::uint64_t offset, std::size_t bytes) const;
  Status write(std::uint64_t offset, std::string_view bytes) const;
  Status truncate(std::uint64_t bytes) const;
  Status sync() const;

 private:
  int descriptor_ = -1;
  std::string path_;
};

Status makeFolders(const std::string& path);  // 0700
Status syncFolder(const std::string& path);
Status renameFile(const std::string& from, const std::string& to);

}  // namespace orbit::logs

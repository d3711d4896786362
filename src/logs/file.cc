#include "logs/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace orbit::logs {
namespace {

Error failed(const std::string& what, const std::string& path) {
  const int why = errno;
  Code code = Code::kIo;
  if (why == ENOSPC || why == EDQUOT) code = Code::kNoSpace;
  if (why == EACCES || why == EPERM) code = Code::kDenied;
  if (why == ENOENT) code = Code::kNotFound;
  return Error{.code = code, .message = "cannot " + what + " " + path + ": " + std::strerror(why)};
}

Result<int> openAt(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return failed("open", path);
  return descriptor;
}

}  // namespace

File& File::operator=(File&& other) noexcept {
  if (this == &other) return *this;
  close();
  descriptor_ = std::exchange(other.descriptor_, -1);
  path_ = std::move(other.path_);
  return *this;
}

Result<File> File::openToRead(const std::string& path) {
  File file;
  ORBIT_TRY(file.descriptor_, openAt(path, O_RDONLY));
  file.path_ = path;
  return file;
}

Result<File> File::openToWrite(const std::string& path) {
  File file;
  ORBIT_TRY(file.descriptor_, openAt(path, O_RDWR | O_CREAT));
  file.path_ = path;
  return file;
}

void File::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Result<std::uint64_t> File::size() const {
  struct stat found {};
  if (::fstat(descriptor_, &found) != 0) return failed("look at", path_);
  return static_cast<std::uint64_t>(found.st_size);
}

Result<std::string> File::read(std::uint64_t offset, std::size_t bytes) const {
  std::string out;
  ORBIT_TRY(const std::string_view all, read(offset, bytes, out));
  out.resize(all.size());
  return out;
}

Result<std::string_view> File::read(std::uint64_t offset, std::size_t bytes, std::string& room) const {
  if (room.size() < bytes) room.resize(bytes);
  std::size_t have = 0;
  while (have < bytes) {
    const ssize_t got = ::pread(descriptor_, room.data() + have, bytes - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path_);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  return std::string_view(room).substr(0, have);
}

Status File::write(std::uint64_t offset, std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed("write", path_);
    offset += static_cast<std::uint64_t>(put);
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

Status File::truncate(std::uint64_t bytes) const {
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) return failed("cut", path_);
  return {};
}

Status File::sync() const {
  if (::fdatasync(descriptor_) != 0) return failed("sync", path_);
  return {};
}

Status makeFolders(const std::string& path) {
  for (std::size_t at = 1; at != std::string::npos;) {
    at = path.find('/', at + 1);
    const std::string part = path.substr(0, at);
    if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) return failed("make", part);
  }
  return {};
}

Status syncFolder(const std::string& path) {
  ORBIT_TRY(const int descriptor, openAt(path, O_RDONLY | O_DIRECTORY));
  const bool good = ::fsync(descriptor) == 0;
  const Status outcome = good ? Status() : Status(failed("sync", path));
  ::close(descriptor);
  return outcome;
}

Status renameFile(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) return failed("rename", from);
  return {};
}

}  // namespace orbit::logs

#include "plane/files.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace orbit::plane {
namespace {

Error failure(const std::string& what, int number) {
  Code code = Code::kIo;
  if (number == ENOENT) code = Code::kNotFound;
  if (number == EACCES || number == EPERM) code = Code::kDenied;
  if (number == ENOSPC || number == EDQUOT) code = Code::kNoSpace;
  return {code, what + ": " + std::strerror(number)};
}

// errno, or 0.
int writeAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) return errno;
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

}  // namespace

Result<std::string> readFile(const std::string& path, std::size_t bytesMax) {
  const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return failure("cannot read " + path, errno);
  std::string bytes;
  for (;;) {
    char piece[64 * 1024];
    const ssize_t count = ::read(file.get(), piece, sizeof piece);
    if (count == 0) return bytes;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failure("cannot read " + path, errno);
    bytes.append(piece, static_cast<std::size_t>(count));
    if (bytes.size() > bytesMax) {
      return Error{Code::kLimit, path + " is larger than " + std::to_string(bytesMax) + " bytes"};
    }
  }
}

Status writeFile(const std::string& path, std::string_view bytes, Lasts lasts) {
  const std::string beside = path + ".new";
  const std::string what = "cannot write " + path;
  net::Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return failure(what, errno);
  int number = writeAll(file.get(), bytes);
  if (number == 0 && lasts == Lasts::kPowerLoss && ::fsync(file.get()) != 0) number = errno;
  if (number != 0) {
    ::unlink(beside.c_str());
    return failure(what, number);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return failure(what, errno);
  if (lasts != Lasts::kPowerLoss) return {};
  const net::Descriptor folder(
      ::open(std::filesystem::path(path).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.valid() && ::fsync(folder.get()) != 0) return failure(what, errno);
  return {};
}

Status makeFolder(const std::string& path) {
  const ::mode_t mask = ::umask(0077);
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  ::umask(mask);
  if (failed) return failure("cannot make the folder " + path, failed.value());
  return {};
}

Result<net::Descriptor> tryLock(const std::string& path) {
  net::Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file.valid()) return failure("cannot open " + path, errno);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno == EWOULDBLOCK) return net::Descriptor();
  return failure("cannot lock " + path, errno);
}

std::string checksumOf(std::string_view bytes) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  std::string hex(2 * sizeof hash + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), hash, sizeof hash);
  hex.pop_back();
  return hex;
}

}  // namespace orbit::plane

#include "hold/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace orbit::hold {

LogFile::~LogFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status LogFile::open() {
  const int opened = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (opened < 0) {
    return Error{errno == EACCES ? Code::kDenied : Code::kIo,
                 "cannot write the log " + path_ + ": " + std::strerror(errno)};
  }
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = opened;
  ::dup2(descriptor_, STDERR_FILENO);
  return {};
}

void LogFile::append(std::string_view bytes) {
  // Asked of the file, since our own lines go past this function.
  struct stat info {};
  if (::fstat(descriptor_, &info) == 0 && static_cast<std::size_t>(info.st_size) + bytes.size() > bytesMax_) rotate();
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void LogFile::rotate() {
  ::rename(path_.c_str(), (path_ + ".1").c_str());
  // Without a new file, the old one goes on growing: better than silence.
  (void)open();
}

}  // namespace orbit::hold

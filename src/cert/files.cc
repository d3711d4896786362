#include "cert/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cert/core/crypto.h"
#include "net/net.h"

namespace orbit::cert {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

Error fileError(int number, const std::string& what, const std::string& path) {
  Code code = Code::kIo;
  std::string hint;
  if (number == ENOENT || number == ENOTDIR) code = Code::kNotFound;
  if (number == EACCES || number == EPERM) {
    code = Code::kDenied;
    hint = "let the user that the edge runs as read it";
  }
  if (number == ENOSPC || number == EDQUOT) code = Code::kNoSpace;
  return {code, what + " " + path + " failed: " + std::strerror(number), hint};
}

Status syncFolder(const std::string& path) {
  const net::Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || ::fsync(folder.get()) != 0) return fileError(errno, "syncing", path);
  return {};
}

std::string parentOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status writePlain(const std::string& path, const std::string& text) {
  const net::Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return fileError(errno, "writing", path);
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t written = ::write(file.get(), text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fileError(errno, "writing", path);
    done += static_cast<std::size_t>(written);
  }
  if (::fsync(file.get()) != 0) return fileError(errno, "syncing", path);
  return {};
}

// A folder beside `path`, filled and synced.
Result<std::string> fillAside(const std::string& path, const std::vector<NamedText>& files) {
  ORBIT_TRY_STATUS(ensureFolder(parentOf(path)));
  const std::string aside = parentOf(path) + "/.new-" + hex(randomBytes(8));
  if (::mkdir(aside.c_str(), 0700) != 0) return fileError(errno, "making the folder", aside);
  Status written;
  for (const NamedText& file : files) {
    if (written.ok()) written = writePlain(aside + "/" + file.name, file.text);
  }
  if (written.ok()) written = syncFolder(aside);
  if (written.ok()) return aside;
  removeFolder(aside);
  return written.error();
}

}  // namespace

Result<std::string> readFile(const std::string& path, std::size_t bytesMax) {
  const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return fileError(errno, "reading", path);
  std::string text;
  for (;;) {
    const std::size_t before = text.size();
    text.resize(before + kReadBytes);
    const ssize_t count = ::read(file.get(), text.data() + before, kReadBytes);
    text.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fileError(errno, "reading", path);
    if (count == 0) return text;
    if (text.size() > bytesMax) {
      return Error{Code::kLimit, path + " is longer than the " + std::to_string(bytesMax) + " bytes we take"};
    }
  }
}

Status writeFile(const std::string& path, const std::string& text) {
  ORBIT_TRY_STATUS(ensureFolder(parentOf(path)));
  const std::string aside = parentOf(path) + "/.new-" + hex(randomBytes(8));
  Status written = writePlain(aside, text);
  if (written.ok() && std::rename(aside.c_str(), path.c_str()) != 0) written = fileError(errno, "replacing", path);
  if (!written.ok()) ::unlink(aside.c_str());
  if (!written.ok()) return written;
  return syncFolder(parentOf(path));
}

Status replaceFolder(const std::string& path, const std::vector<NamedText>& files) {
  ORBIT_TRY(const std::string aside, fillAside(path, files));
  if (::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) {
    removeFolder(aside);  // the old one now
    return syncFolder(parentOf(path));
  }
  // Nothing there to exchange with, or a file system that cannot: then two steps, of which a crash between leaves both
  // folders whole.
  const std::string old = parentOf(path) + "/.old-" + hex(randomBytes(8));
  const bool moved = std::rename(path.c_str(), old.c_str()) == 0;
  if (std::rename(aside.c_str(), path.c_str()) != 0) {
    const Error error = fileError(errno, "replacing", path);
    if (moved) static_cast<void>(std::rename(old.c_str(), path.c_str()));
    removeFolder(aside);
    return error;
  }
  if (moved) removeFolder(old);
  return syncFolder(parentOf(path));
}

Result<bool> makeFolder(const std::string& path, const std::vector<NamedText>& files) {
  ORBIT_TRY(const std::string aside, fillAside(path, files));
  if (::renameat2(AT_FDCWD, aside.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
    ORBIT_TRY_STATUS(syncFolder(parentOf(path)));
    return true;
  }
  const int number = errno;
  // A plain rename does not replace a folder that holds something either.
  const bool made = number == EINVAL && std::rename(aside.c_str(), path.c_str()) == 0;
  if (made) return true;
  removeFolder(aside);
  if (number == EEXIST || errno == ENOTEMPTY || errno == EEXIST) return false;
  return fileError(number, "making the folder", path);
}

void removeFolder(const std::string& path) {
  for (const std::string& name : listFolder(path)) ::unlink((path + "/" + name).c_str());
  ::rmdir(path.c_str());
}

std::vector<std::string> listFolder(const std::string& path) {
  std::vector<std::string> names;
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  ::closedir(folder);
  std::sort(names.begin(), names.end());
  return names;
}

Status ensureFolder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  if (errno != ENOENT) return fileError(errno, "making the folder", path);
  ORBIT_TRY_STATUS(ensureFolder(parentOf(path)));
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fileError(errno, "making the folder", path);
  return {};
}

Stamp stampOf(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_ino, found.st_size,
          static_cast<std::int64_t>(found.st_mtim.tv_sec) * 1'000'000'000 + found.st_mtim.tv_nsec};
}

}  // namespace orbit::cert

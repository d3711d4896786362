#include "series/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/base.h"

namespace orbit::series {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return number_; }
  bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

Error failed(std::string_view what, const std::string& path) {
  const int number = errno;
  const Code code = number == ENOENT                                          ? Code::kNotFound
                    : number == ENOSPC || number == EDQUOT || number == EFBIG ? Code::kNoSpace
                    : number == EACCES || number == EPERM || number == EROFS  ? Code::kDenied
                                                                              : Code::kIo;
  return Error{.code = code,
               .message = "cannot " + std::string(what) + " " + path + ": " + std::strerror(number),
               .hint = code == Code::kNoSpace ? "free space on its disk" : "",
               .retrySafe = true};
}

bool writeAll(int file, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return true;
}

class FolderDisk final : public Disk {
 public:
  explicit FolderDisk(std::string folder) : folder_(std::move(folder)) { ::mkdir(folder_.c_str(), 0700); }

  Result<std::vector<File>> list() const override {
    DIR* folder = ::opendir(folder_.c_str());
    if (folder == nullptr) return failed("read the folder", folder_);
    std::vector<File> files;
    while (const dirent* entry = ::readdir(folder)) {
      struct stat info {};
      const std::string name = entry->d_name;
      if (::stat(path(name).c_str(), &info) == 0 && S_ISREG(info.st_mode)) {
        files.push_back({name, static_cast<std::uint64_t>(info.st_size)});
      }
    }
    ::closedir(folder);
    return files;
  }

  Result<std::string> read(const std::string& name, std::uint64_t offset, std::uint64_t size) const override {
    const Descriptor file(::open(path(name).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) return failed("open", path(name));
    std::string bytes(size, '\0');
    std::size_t at = 0;
    while (at < size) {
      const ssize_t got = ::pread(file.get(), bytes.data() + at, size - at, static_cast<off_t>(offset + at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("read", path(name));
      if (got == 0) break;
      at += static_cast<std::size_t>(got);
    }
    bytes.resize(at);
    return bytes;
  }

  Status write(const std::string& name, std::uint64_t offset, std::string_view bytes) override {
    const Descriptor file(::open(path(name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!file.valid()) return failed("open", path(name));
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return failed("read", path(name));
    const auto end = static_cast<off_t>(offset);
    if (info.st_size > end && ::ftruncate(file.get(), end) != 0) return failed("cut", path(name));
    if (writeAll(file.get(), bytes, offset)) return {};
    Error error = failed("write", path(name));
    static_cast<void>(::ftruncate(file.get(), end));  // half a record costs nothing but a look at the next start
    return error;
  }

  Status sync(const std::string& name) override {
    const Descriptor file(::open(path(name).c_str(), O_WRONLY | O_CLOEXEC));
    if (!file.valid()) return failed("open", path(name));
    if (::fdatasync(file.get()) != 0) return failed("write", path(name));
    return {};
  }

  Status replace(const std::string& name, std::string_view bytes) override {
    const std::string fresh = path(name) + ".new";
    {
      const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      if (!file.valid()) return failed("make", fresh);
      if (!writeAll(file.get(), bytes, 0) || ::fdatasync(file.get()) != 0) {
        Error error = failed("write", fresh);
        ::unlink(fresh.c_str());
        return error;
      }
    }
    if (::rename(fresh.c_str(), path(name).c_str()) != 0) return failed("rename", fresh);
    const Descriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid() || ::fsync(folder.get()) != 0) return failed("write", folder_);
    return {};
  }

  Status remove(const std::string& name) override {
    if (::unlink(path(name).c_str()) != 0 && errno != ENOENT) return failed("remove", path(name));
    return {};
  }

 private:
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string folder_;
};

Status runOne(Disk& disk, const Action& action) {
  switch (action.kind) {
    case Action::Kind::kWrite:
      return disk.write(action.name, action.offset, action.bytes);
    case Action::Kind::kSync:
      return disk.sync(action.name);
    case Action::Kind::kReplace:
      return disk.replace(action.name, action.bytes);
    case Action::Kind::kRemove:
      break;
  }
  return disk.remove(action.name);
}

}  // namespace

std::unique_ptr<Disk> folderDisk(std::string folder) {
  return std::make_unique<FolderDisk>(std::move(folder));
}

Outcome run(Disk& disk, const std::vector<Action>& actions) {
  Outcome outcome;
  for (const Action& action : actions) {
    outcome.status = runOne(disk, action);
    if (!outcome.status.ok()) return outcome;
    ++outcome.done;
  }
  return outcome;
}

}  // namespace orbit::series

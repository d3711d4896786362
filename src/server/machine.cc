#include "server/machine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace orbit::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 1 << 30;  // this program is one, and large with sanitizers
constexpr std::size_t kOutputBytesMax = 1 << 20;
constexpr Duration kCommandTime = std::chrono::seconds(60);

Error ioError(const std::string& what) {
  return {.code = errno == EACCES || errno == EPERM ? Code::kDenied : Code::kIo,
          .message = what + ": " + std::strerror(errno)};
}

Status writeAll(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const auto count = ::write(file, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ioError("cannot write " + path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file) == 0 ? Status() : Status(ioError("cannot write " + path));
}

}  // namespace

bool RealMachine::isRoot() const {
  return ::geteuid() == 0;
}

bool RealMachine::exists(const std::string& path) const {
  return ::access((root_ + path).c_str(), F_OK) == 0;
}

std::optional<std::string> RealMachine::read(const std::string& path) const {
  const int file = ::open((root_ + path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return std::nullopt;
  std::string text;
  char piece[64 << 10];
  for (;;) {
    const auto count = ::read(file, piece, sizeof piece);
    if (count <= 0) {
      ::close(file);
      return count == 0 ? std::optional<std::string>(std::move(text)) : std::nullopt;
    }
    text.append(piece, static_cast<std::size_t>(count));
    if (text.size() > kFileBytesMax) {
      ::close(file);
      return std::nullopt;
    }
  }
}

std::optional<std::string> RealMachine::linkTarget(const std::string& path) const {
  std::error_code failed;
  const auto target = fs::read_symlink(root_ + path, failed);
  return failed ? std::nullopt : std::optional<std::string>(target.string());
}

std::vector<std::string> RealMachine::list(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code failed;
  fs::directory_iterator entries(root_ + folder, failed);
  for (const fs::directory_iterator end; !failed && entries != end; entries.increment(failed)) {
    names.push_back(entries->path().filename().string());
  }
  return names;
}

std::optional<unsigned> RealMachine::mode(const std::string& path) const {
  struct stat found {};
  if (::stat((root_ + path).c_str(), &found) != 0) return std::nullopt;
  return found.st_mode & 07777U;
}

std::optional<Space> RealMachine::space(const std::string& path) const {
  struct statvfs found {};
  if (::statvfs((root_ + path).c_str(), &found) != 0) return std::nullopt;
  return Space{found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize};
}

Status RealMachine::write(const std::string& path, std::string_view text, unsigned mode) {
  const std::string target = root_ + path;
  std::error_code failed;
  fs::create_directories(fs::path(target).parent_path(), failed);
  const std::string next = target + ".orbit-new";
  const int file = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return ioError("cannot write " + target);
  Status written = writeAll(file, text, target);
  if (written.ok() && ::fchmod(file, mode) != 0) written = ioError("cannot write " + target);
  ::close(file);
  if (written.ok() && ::rename(next.c_str(), target.c_str()) != 0) written = ioError("cannot write " + target);
  if (!written.ok()) ::unlink(next.c_str());
  return written;
}

Status RealMachine::makeFolder(const std::string& path, unsigned mode) {
  std::error_code failed;
  fs::create_directories(root_ + path, failed);
  if (failed) return Error{.code = Code::kIo, .message = "cannot make " + root_ + path + ": " + failed.message()};
  return ::chmod((root_ + path).c_str(), mode) == 0 ? Status() : Status(ioError("cannot make " + root_ + path));
}

Status RealMachine::remove(const std::string& path) {
  if (::unlink((root_ + path).c_str()) == 0 || errno == ENOENT) return {};
  return ioError("cannot remove " + root_ + path);
}

Ran RealMachine::run(const std::vector<std::string>& command) const {
  Ran ran;
  if (!runsCommands()) return ran;
  net::Command child;
  child.arguments = command;
  child.environment = {{"LC_ALL", "C"}};
  net::Output output = [&ran](bool, std::string_view bytes) {
    if (ran.out.size() < kOutputBytesMax) ran.out += bytes;
  };
  const net::Wait wait{loop_.clock().now() + kCommandTime, nullptr};
  const auto exit = loop_.runTask(net::runCommand(loop_, std::move(child), nullptr, std::move(output), wait));
  ran.started = exit.ok() || exit.error().code != Code::kNotFound;
  ran.status = exit.ok() ? exit->status : -1;
  if (!exit.ok()) ran.out += exit.error().message;
  return ran;
}

bool RealMachine::has(const std::string& program) const {
  const char* path = std::getenv("PATH");
  const std::string folders = std::string(path == nullptr ? "" : path) + ":/usr/local/sbin:/usr/sbin:/sbin";
  for (const auto folder : split(folders, ':')) {
    if (!folder.empty() && ::access((std::string(folder) + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace orbit::server

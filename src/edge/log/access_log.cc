#include "edge/log/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

#include "net/socket.h"

namespace orbit::edge {
namespace {

using signal::AccessLine;
using signal::kLineBytesMax;

// Long writes take less of the kernel per line. A worker that has little to say touches little of it.
constexpr std::size_t kBufferBytes = 256 * 1024;
constexpr mode_t kMode = 0640;

Result<net::Descriptor> openFile(const std::string& path) {
  net::Descriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kMode));
  if (file.valid()) return file;
  const bool denied = errno == EACCES || errno == EPERM || errno == EROFS;
  return Error{denied ? Code::kDenied : Code::kIo, "cannot open the access log " + path + ": " + std::strerror(errno),
               "its folder must be there and be writable by the edge"};
}

class BufferedLog final : public AccessLog {
 public:
  BufferedLog(std::string path, bool json, net::Descriptor file)
      : path_(std::move(path)),
        json_(json),
        file_(std::move(file)),
        buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes + kLineBytesMax)) {}
  ~BufferedLog() override { flush(); }

  void add(const AccessLine& line) override {
    if (size_ >= kBufferBytes) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    char* const to = buffer_.get() + size_;
    size_ += static_cast<std::size_t>((json_ ? formatJson(line, to) : formatPlain(line, to)) - to);
    // A disk that was full is tried again by the next flush, not by each line.
    if (size_ >= kBufferBytes && !failing_) flush();
  }

  void flush() override {
    std::size_t written = 0;
    failing_ = false;
    if (torn_ && size_ > 0) {
      if (write("\n") != 1) return;
      torn_ = false;
    }
    while (written < size_ && !failing_) written += write({buffer_.get() + written, size_ - written});
    if (failing_) written = dropTorn(written);
    size_ -= written;
    std::memmove(buffer_.get(), buffer_.get() + written, size_);
  }

  Status reopen() override {
    flush();
    ORBIT_TRY(net::Descriptor file, openFile(path_));
    file_ = std::move(file);
    torn_ = false;
    return {};
  }

  std::uint64_t dropped() const override { return dropped_.load(std::memory_order_relaxed); }

 private:
  // Bytes the kernel took; fewer than all of them also when the next call will say why.
  std::size_t write(std::string_view bytes) {
    for (;;) {
      const ssize_t size = ::write(file_.get(), bytes.data(), bytes.size());
      if (size > 0) return static_cast<std::size_t>(size);
      if (size < 0 && errno == EINTR) continue;
      failing_ = true;
      return 0;
    }
  }

  // A line of which only the front was written is lost: its rest is dropped, its front gets an end with the next write,
  // because another worker's line may stand behind it by then.
  std::size_t dropTorn(std::size_t written) {
    if (written == 0 || buffer_[written - 1] == '\n') return written;
    torn_ = true;
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return std::string_view(buffer_.get(), size_).find('\n', written) + 1;
  }

  const std::string path_;
  const bool json_;
  net::Descriptor file_;
  std::unique_ptr<char[]> buffer_;  // whole lines
  std::size_t size_ = 0;            // of what is in it
  bool failing_ = false, torn_ = false;
  std::atomic<std::uint64_t> dropped_{0};  // read by others
};

}  // namespace

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path, bool json) {
  ORBIT_TRY(net::Descriptor file, openFile(path));
  return std::unique_ptr<AccessLog>(std::make_unique<BufferedLog>(path, json, std::move(file)));
}

}  // namespace orbit::edge

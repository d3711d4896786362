#include "cli/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/base.h"

namespace orbit::cli {
namespace {

constexpr std::size_t kColumnsMin = 20;
constexpr int kBrokenPipeStatus = 128 + SIGPIPE;

// What a signal handler may touch: the state to put back.
struct Saved {
  volatile ::sig_atomic_t raw = 0;
  int descriptor = -1;
  ::termios settings{};
};
Saved saved;

void restore() {
  if (saved.raw != 0) ::tcsetattr(saved.descriptor, TCSADRAIN, &saved.settings);
  saved.raw = 0;
}

void onCrash(int signal) {
  restore();
  constexpr char kShowCursor[] = "\x1b[?25h";
  if (::isatty(STDERR_FILENO) != 0) {
    [[maybe_unused]] const auto ignored = ::write(STDERR_FILENO, kShowCursor, sizeof kShowCursor - 1);
  }
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

std::size_t numberFrom(const char* variable, std::size_t fallback) {
  const char* text = std::getenv(variable);
  const long value = text == nullptr ? 0 : std::strtol(text, nullptr, 10);
  return value > 0 && value < 10'000 ? static_cast<std::size_t>(value) : fallback;
}

}  // namespace

bool isTerminal(int descriptor) {
  return ::isatty(descriptor) != 0;
}

Size terminalSize(int descriptor) {
  ::winsize window{};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &window) == 0;
  Size size;
  size.columns = known && window.ws_col > 0 ? window.ws_col : numberFrom("COLUMNS", size.columns);
  size.lines = known && window.ws_row > 0 ? window.ws_row : numberFrom("LINES", size.lines);
  size.columns = std::max(size.columns, kColumnsMin);
  return size;
}

void writeAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(descriptor, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // a terminal that something else made non-blocking
      ::pollfd wait{descriptor, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno == EPIPE) {
      restore();
      std::_Exit(kBrokenPipeStatus);
    } else if (errno != EINTR) {
      return;
    }
  }
}

std::unique_ptr<RawMode> RawMode::enter(int descriptor) {
  if (!isTerminal(descriptor) || saved.raw != 0) return nullptr;
  if (::tcgetattr(descriptor, &saved.settings) != 0) return nullptr;
  ::termios raw = saved.settings;
  ::cfmakeraw(&raw);
  saved.descriptor = descriptor;
  saved.raw = 1;
  if (::tcsetattr(descriptor, TCSADRAIN, &raw) != 0) {
    saved.raw = 0;
    return nullptr;
  }
  return std::unique_ptr<RawMode>(new RawMode);
}

RawMode::~RawMode() {
  restore();
}

void restoreTerminalOnCrash() {
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) ::signal(signal, onCrash);
}

}  // namespace orbit::cli

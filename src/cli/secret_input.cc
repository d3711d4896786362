#include "cli/secret_input.h"

#include <poll.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cli/terminal.h"

namespace orbit::cli {
namespace {

constexpr std::size_t kInputBytesMax = 1024 * 1024;  // the daemon says what is too long for a variable
constexpr int kPastedWithinMs = 50;

// Ctrl-C ends a blocking read; the loop's own handler would only note it.
class PlainInterrupt {
 public:
  PlainInterrupt() {
    struct sigaction plain {};
    plain.sa_handler = SIG_DFL;
    ::sigaction(SIGINT, &plain, &before_);
  }
  ~PlainInterrupt() { ::sigaction(SIGINT, &before_, nullptr); }
  PlainInterrupt(const PlainInterrupt&) = delete;
  PlainInterrupt& operator=(const PlainInterrupt&) = delete;

 private:
  struct sigaction before_ {};
};

Error readError() {
  return {.code = Code::kIo, .message = "Cannot read standard input: " + std::string(std::strerror(errno))};
}

Result<std::string> readAll() {
  const PlainInterrupt interrupt;
  std::string text;
  char piece[4096];
  while (true) {
    const auto count = ::read(STDIN_FILENO, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return readError();
    if (count == 0) break;
    text.append(piece, static_cast<std::size_t>(count));
    if (text.size() > kInputBytesMax) {
      return Error{.code = Code::kLimit, .message = "Standard input holds more than a variable can"};
    }
  }
  if (!text.empty()) return valueOfInput(std::move(text));
  return Error{.code = Code::kInvalid,
               .message = "Standard input is empty, so nothing was set",
               .hint = "Write NAME= for an empty value"};
}

Result<std::string> readTyped(const std::string& prompt) {
  HiddenLine line;
  auto state = HiddenLine::State::kTyping;
  bool more = false;
  {
    // Before the prompt: whoever answers it at once must not see the answer echoed.
    const auto raw = RawMode::enter(STDIN_FILENO);
    writeAll(STDERR_FILENO, prompt);
    while (state == HiddenLine::State::kTyping) {
      char key = 0;
      const auto count = ::read(STDIN_FILENO, &key, 1);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return readError();
      state = count == 0 ? HiddenLine::State::kInterrupted : line.add(key);
    }
    // The rest of what was pasted would go to the shell, as commands and into its history.
    ::pollfd wait{STDIN_FILENO, POLLIN, 0};
    while (state == HiddenLine::State::kEntered && ::poll(&wait, 1, kPastedWithinMs) > 0) {
      ::tcflush(STDIN_FILENO, TCIFLUSH);
      more = true;
    }
  }
  writeAll(STDERR_FILENO, "\n");
  if (state == HiddenLine::State::kInterrupted) return Error{.code = Code::kCancelled, .message = "Nothing was set"};
  if (more) {
    return Error{.code = Code::kInvalid,
                 .message = "More than one line was pasted, so nothing was set",
                 .hint = "For a value of several lines: orbit vars set NAME < FILE"};
  }
  return std::move(line.text);
}

}  // namespace

HiddenLine::State HiddenLine::add(char key) {
  constexpr char kCtrlC = 3, kCtrlD = 4, kBackspace = 8, kCtrlU = 21, kDelete = 127;
  switch (key) {
    case '\r':
    case '\n':
      return State::kEntered;
    case kCtrlD:
      return text.empty() ? State::kInterrupted : State::kEntered;
    case kCtrlC:
      return State::kInterrupted;
    case kBackspace:
    case kDelete:
      eraseLast();
      break;
    case kCtrlU:
      text.clear();
      break;
    default:
      if (text.size() < kInputBytesMax) text += key;
  }
  return State::kTyping;
}

// A character of UTF-8, not a byte of it.
void HiddenLine::eraseLast() {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  while (!text.empty() && continues(text.back())) text.pop_back();
  if (!text.empty()) text.pop_back();
}

std::string valueOfInput(std::string text) {
  const auto newline = text.find('\n');
  if (newline == std::string::npos || newline + 1 != text.size()) return text;
  text.pop_back();
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

Result<std::string> readSecret(const std::string& prompt) {
  return isTerminal(STDIN_FILENO) ? readTyped(prompt) : readAll();
}

}  // namespace orbit::cli

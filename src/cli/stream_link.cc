#include "cli/stream_link.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/base.h"
#include "cli/terminal.h"
#include "http/http.h"

namespace orbit::cli {

using http::Frame;
using http::FrameType;

namespace {

constexpr std::size_t kInputPiece = 32 << 10;
constexpr std::size_t kOutputPiece = 64 << 10;
constexpr std::size_t kQueueMax = 256 << 10;  // input waits when the daemon reads slowly

// A terminal, pipe or socket is waited for; a file is always ready, and epoll refuses it.
bool canWaitFor(int descriptor) {
  struct ::stat status {};
  if (::fstat(descriptor, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) || isTerminal(descriptor);
}

class Link {
 public:
  Link(Session& session, std::unique_ptr<net::Stream> stream, LinkOptions options)
      : session_(session), stream_(std::move(stream)), options_(options), room_(session.loop) {}

  net::Task<Result<int>> run() {
    std::unique_ptr<RawMode> raw;
    if (options_.tty) raw = RawMode::enter(STDIN_FILENO);
    net::TaskGroup group(session_.loop);
    watchSignals();
    if (options_.tty) {
      queue(FrameType::kResize, sizeText());
      session_.onResize = [this] { queue(FrameType::kResize, sizeText()); };
      session_.watchSize();
    }
    group.add(writeQueue());
    if (options_.input) group.add(readInput());
    auto status = co_await readFrames();
    ended_.request();
    room_.notifyAll();
    co_await group.join();
    session_.onResize = {};
    session_.onInterrupt = {};
    co_return status;
  }

 private:
  static std::string sizeText() {
    const Size size = terminalSize(STDOUT_FILENO);
    return std::to_string(size.columns) + " " + std::to_string(size.lines);
  }

  void watchSignals() {
    if (!options_.signals) return;
    session_.onInterrupt = [this] {
      // The third one means this command, not the process.
      if (++interrupts_ > 2) session_.interrupted.request();
      queue(FrameType::kSignal, "SIGINT");
    };
  }

  void queue(FrameType type, std::string_view payload) {
    queue_ += http::encodeFrame(type, payload);
    room_.notifyAll();
  }

  net::Wait untilEnd() { return {Instant::max(), &ended_}; }

  // The only writer of the stream.
  net::Task<void> writeQueue() {
    while (!ended_.requested()) {
      if (queue_.empty()) {
        const auto woken = co_await room_.wait(untilEnd());
        if (!woken.ok()) co_return;
        continue;
      }
      const std::string piece = std::exchange(queue_, {});
      const auto written = co_await stream_->write(piece, untilEnd());
      if (!written.ok()) co_return;  // the reading side tells why
      room_.notifyAll();
    }
  }

  net::Task<void> readInput() {
    const bool waits = canWaitFor(STDIN_FILENO);
    std::string buffer(kInputPiece, '\0');
    while (!ended_.requested()) {
      while (queue_.size() > kQueueMax && !ended_.requested()) {
        const auto woken = co_await room_.wait(untilEnd());
        if (!woken.ok()) co_return;
      }
      if (waits) {
        const auto ready = co_await session_.loop.readable(STDIN_FILENO, untilEnd());
        if (!ready.ok()) co_return;
      }
      const auto count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
      if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
      if (count <= 0) break;
      queue(FrameType::kInput, std::string_view(buffer.data(), static_cast<std::size_t>(count)));
      if (!waits) {  // let the writer and the reader run between pieces of a file
        const auto yielded = co_await session_.loop.sleep(Duration(0), untilEnd());
        if (!yielded.ok()) co_return;
      }
    }
    queue(FrameType::kEndOfInput, "");
  }

  net::Task<Result<int>> readFrames() {
    http::FrameDecoder decoder;
    std::string buffer(kOutputPiece, '\0');
    for (;;) {
      const std::span<char> room(buffer);
      auto count = co_await stream_->read(room, session_.wait());
      if (!count.ok()) co_return std::move(count).error();
      if (*count == 0) {
        co_return Error{.code = Code::kUnavailable,
                        .message = "The daemon went away; the process may still run",
                        .hint = "orbit ps -a"};
      }
      ORBIT_CO_TRY(const auto frames, decoder.feed(std::string_view(buffer.data(), *count)));
      for (const auto& frame : frames) {
        auto status = take(frame);
        if (!status.ok()) co_return std::move(status).error();
        if (*status) co_return **status;
      }
    }
  }

  // The exit status when the frame carries it.
  Result<std::optional<int>> take(const Frame& frame) {
    if (frame.type == FrameType::kOutput) writeAll(STDOUT_FILENO, frame.payload);
    if (frame.type == FrameType::kErrorOutput) writeAll(STDERR_FILENO, frame.payload);
    if (frame.type == FrameType::kExit) {
      int status = kFailed;
      std::from_chars(frame.payload.data(), frame.payload.data() + frame.payload.size(), status);
      return std::optional<int>(status);
    }
    if (frame.type == FrameType::kProblem) {
      ORBIT_TRY(const format::Json body, format::parseJson(frame.payload, "the daemon's answer"));
      const ProblemEvent problem = problemFrom(body);
      return Error{.code = Code::kUnavailable, .message = problem.message, .hint = problem.hint, .at = problem.at};
    }
    return std::optional<int>();
  }

  Session& session_;
  std::unique_ptr<net::Stream> stream_;
  LinkOptions options_;
  net::Condition room_;  // queue_ grew, shrank, or it is over
  net::Cancel ended_;
  std::string queue_;  // frames not yet written
  int interrupts_ = 0;
};

}  // namespace

net::Task<Result<int>> joinTerminal(Session& session, std::unique_ptr<net::Stream> stream, LinkOptions options) {
  Link link(session, std::move(stream), options);
  co_return co_await link.run();
}

}  // namespace orbit::cli

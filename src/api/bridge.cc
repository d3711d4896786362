#include "api/bridge.h"

#include "api/events.h"
#include "api/frame_payload.h"

namespace orbit::api {

using http::Frame;
using http::FrameType;

namespace {

constexpr std::size_t kPieceBytes = 32 * 1024;
// A terminal cannot be resized before its process runs, which is a moment after its start was answered.
constexpr int kResizeAttempts = 10;
constexpr auto kResizeAgainAfter = std::chrono::milliseconds(50);
// The last frame must not hang on a caller that stopped reading.
constexpr auto kFinishWait = std::chrono::seconds(10);

}  // namespace

Bridge::Bridge(net::Loop& loop, std::unique_ptr<net::Stream> caller, std::unique_ptr<net::Stream> process, bool tty,
               Controls controls, net::Cancel& stop)
    : loop_(loop),
      caller_(std::move(caller)),
      process_(std::move(process)),
      output_(tty),
      controls_(std::move(controls)),
      callerGone_(&stop),
      input_(loop) {}

net::Task<Status> Bridge::run() {
  input_.add(fromCaller());
  const net::Wait wait{Instant::max(), &callerGone_};
  std::string buffer(kPieceBytes, '\0');
  while (true) {
    const auto size = co_await process_->read(std::span(buffer), wait);
    if (!size.ok()) co_return size.error();
    if (*size == 0) co_return Status();
    ORBIT_CO_TRY_STATUS(co_await toCaller(std::string_view(buffer).substr(0, *size), wait));
  }
}

net::Task<Status> Bridge::toCaller(std::string_view bytes, net::Wait wait) {
  auto pieces = output_.feed(bytes);
  if (!pieces.ok()) co_return std::move(pieces).error();
  std::string frames;
  for (const auto& piece : *pieces) {
    frames += http::encodeFrame(piece.isError ? FrameType::kErrorOutput : FrameType::kOutput, piece.bytes);
  }
  if (frames.empty()) co_return Status();
  co_return co_await caller_->write(frames, wait);
}

net::Task<void> Bridge::fromCaller() {
  http::FrameDecoder decoder;
  std::string buffer(kPieceBytes, '\0');
  while (true) {
    const net::Wait wait{Instant::max(), &callerGone_};
    const auto size = co_await caller_->read(std::span(buffer), wait);
    if (!size.ok() || *size == 0) break;
    auto frames = decoder.feed(std::string_view(buffer).substr(0, *size));
    if (!frames.ok()) break;
    for (auto& frame : *frames) co_await take(std::move(frame));
  }
  callerGone_.request();
}

// A process that takes no input (any more) is no reason to end: its output still counts.
net::Task<void> Bridge::take(Frame frame) {
  const net::Wait wait{Instant::max(), &callerGone_};
  if (frame.type == FrameType::kInput) {
    static_cast<void>(co_await process_->write(frame.payload, wait));
  } else if (frame.type == FrameType::kEndOfInput) {
    static_cast<void>(process_->shutdownWrite());
  } else if (frame.type == FrameType::kResize) {
    const auto size = parseSize(frame.payload);
    if (size) co_await resize(size->first, size->second);
  } else if (frame.type == FrameType::kSignal && controls_.signal && isSignalName(frame.payload)) {
    static_cast<void>(co_await controls_.signal(frame.payload));
  }
}

net::Task<void> Bridge::resize(int columns, int rows) {
  for (int attempt = 0; attempt < kResizeAttempts; ++attempt) {
    const Status resized = co_await controls_.resize(columns, rows);
    if (resized.ok()) co_return;
    const net::Wait wait{Instant::max(), &callerGone_};
    const Status slept = co_await loop_.sleep(kResizeAgainAfter, wait);
    if (!slept.ok()) co_return;
  }
}

net::Task<void> Bridge::finish(Result<int> exitCode) {
  const std::string frame = exitCode.ok()
                                ? http::encodeFrame(FrameType::kExit, std::to_string(*exitCode))
                                : http::encodeFrame(FrameType::kProblem, problemEvent(exitCode.error()).dump());
  const net::Wait wait{loop_.clock().now() + kFinishWait, nullptr};
  static_cast<void>(co_await caller_->write(frame, wait));
  static_cast<void>(caller_->shutdownWrite());
}

}  // namespace orbit::api

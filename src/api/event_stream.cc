#include "api/event_stream.h"

#include "api/events.h"

namespace orbit::api {
namespace {

constexpr std::size_t kPendingBytesMax = 1024 * 1024;  // beyond it, progress is left out
constexpr std::size_t kSlowBytes = 64 * 1024;          // beyond it, send() waits

}  // namespace

EventStream::EventStream(net::Loop& loop, http::Exchange& exchange)
    : loop_(loop), exchange_(exchange), started_(loop.clock().now()), told_(loop), taken_(loop), writer_(loop) {
  writer_.add(write());
}

void EventStream::tell(const format::Json& event) {
  if (broken_) return;
  if (dropped_ > 0 && pending_.size() < kPendingBytesMax) {
    pending_ += droppedEvent(std::exchange(dropped_, 0)).dump() + "\n";
  }
  pending_ += event.dump() + "\n";
  told_.notifyAll();
}

void EventStream::tellProgress(const format::Json& event) {
  if (pending_.size() < kPendingBytesMax) {
    tell(event);
  } else {
    ++dropped_;
  }
}

net::Task<Status> EventStream::send(format::Json event, net::Wait wait) {
  while (pending_.size() > kSlowBytes && !broken_) {
    ORBIT_CO_TRY_STATUS(co_await taken_.wait(wait));
  }
  if (broken_) co_return Error{.code = Code::kUnavailable, .message = "the caller went away"};
  tell(event);
  co_return Status();
}

net::Task<void> EventStream::finish(std::string_view outcome) {
  return finish(std::string(outcome), {});
}

net::Task<void> EventStream::finish(std::string outcome, format::Json more) {
  format::Json result = resultEvent(outcome, loop_.clock().now() - started_);
  for (const auto& [name, value] : more.members()) result.set(name, value);
  tell(result);
  ended_ = true;
  told_.notifyAll();
  co_await writer_.join();
}

net::Task<void> EventStream::write() {
  http::Fields fields{{"Content-Type", "application/x-ndjson"}};
  Status written = co_await exchange_.begin(200, std::move(fields));
  while (written.ok()) {
    if (!pending_.empty()) {
      std::string piece = std::exchange(pending_, {});
      taken_.notifyAll();
      written = co_await exchange_.write(std::move(piece));
    } else if (ended_) {
      co_return;
    } else {
      static_cast<void>(co_await told_.wait());  // nobody cancels it
    }
  }
  broken_ = true;
  pending_.clear();
  taken_.notifyAll();
}

stack::Observer EventStream::observer() {
  return {
      .step =
          [this](const stack::Step& step) {
            if (step.current > 0) {
              tellProgress(stepEvent(step));
            } else {
              tell(stepEvent(step));
            }
          },
      .buildOutput = [this](const std::string& service,
                            std::string_view line) { tellProgress(buildEvent(service, line)); },
      .warning = [this](const model::Warning& warning) { tell(warningEvent(warning)); },
  };
}

}  // namespace orbit::api

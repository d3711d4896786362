#include "engine/connection.h"

#include "engine/engine_error.h"
#include "engine/limits.h"

namespace orbit::engine {
namespace {

using format::Json;
using net::Task;
using net::Wait;

http::Request request(const Call& call, const std::string& prefix) {
  http::Request out;
  out.head.method = call.method;
  out.head.target = prefix + call.path;
  out.head.fields = call.fields;
  out.source = call.source;
  if (call.body) {
    out.head.fields.set("Content-Type", "application/json");
    out.body = call.body->dump();
  } else if (!call.archive.empty()) {
    out.head.fields.set("Content-Type", "application/x-tar");
    out.body = call.archive;
  }
  return out;
}

}  // namespace

Connection::Connection(net::Loop& loop, EngineOptions options)
    : loop_(loop), options_(std::move(options)), host_(parseHost(options_)) {
  if (host_.ok()) client_.emplace(loop_, host_->address);
}

Wait Connection::bounded(Wait wait, Duration fallback) const {
  if (wait.deadline == Instant::max()) wait.deadline = loop_.clock().now() + fallback;
  return wait;
}

Task<Result<ApiVersion>> Connection::version(Wait wait) {
  if (!host_.ok()) co_return host_.error();
  if (version_) co_return *version_;
  const std::string where = host_->local ? host_->address.unixPath : host_->address.text();
  http::Request ask;
  ask.head.target = "/version";
  const Wait limited = bounded(wait, kReadDeadline);
  auto answer = co_await client_->send(std::move(ask), limited);
  if (!answer.ok()) co_return connectError(std::move(answer).error(), where);
  auto text = co_await (*answer)->readAll(kAnswerBytesMax, limited);
  if (!text.ok()) co_return connectError(std::move(text).error(), where);
  const auto json = format::parseJson(*text, "the engine's version");
  if (!json.ok() || !(*json)["ApiVersion"].isString()) {
    co_return Error{Code::kProtocol, "what answers at " + where + " is no Docker Engine", "check DOCKER_HOST"};
  }
  const Json& told = *json;
  auto chosen = negotiate(told["ApiVersion"].asString(), told["MinAPIVersion"].asString(), told["Version"].asString());
  if (chosen.ok()) {
    version_ = *chosen;
    reached();
  }
  co_return chosen;
}

Task<Error> Connection::refusal(http::Answer& answer, Wait wait) const {
  const int status = answer.head().status;
  const auto text = co_await answer.readAll(kErrorBytesMax, wait);
  std::string message;
  if (text.ok()) {
    const auto json = format::parseJson(*text, "the engine's error");
    message = json.ok() && json->isObject() ? (*json)["message"].asString() : *text;
  }
  co_return engineError(status, message);
}

Task<Connection::Opened> Connection::openOnce(const Call& call, Wait wait) {
  auto spoken = co_await version(wait);
  if (!spoken.ok()) {
    Opened failed{std::move(spoken).error()};
    failed.lost = failed.result.error().code == Code::kUnavailable;
    failed.result.error().retrySafe = true;  // the call itself was never sent
    co_return failed;
  }
  auto answer = co_await client_->send(request(call, "/v" + spoken->text()), wait);
  if (!answer.ok()) {
    Opened failed{std::move(answer).error()};
    failed.lost = failed.result.error().code == Code::kUnavailable;
    co_return failed;
  }
  reached();
  constexpr int kRefusalsFrom = 400;
  if ((*answer)->head().status < kRefusalsFrom) {
    Opened opened{std::move(answer)};
    co_return opened;
  }
  Error error = co_await refusal(**answer, wait);
  Opened refused{std::move(error)};
  co_return refused;
}

Task<Connection::Attempt<Connection::Reply>> Connection::exchangeOnce(const Call& call, Wait wait) {
  Opened opened = co_await openOnce(call, wait);
  if (!opened.result.ok()) {
    Attempt<Reply> failed{std::move(opened.result).error(), opened.lost};
    co_return failed;
  }
  const std::unique_ptr<http::Answer> answer = std::move(opened.result).value();
  auto text = co_await answer->readAll(kAnswerBytesMax, wait);
  if (!text.ok()) {
    Attempt<Reply> failed{std::move(text).error()};
    failed.lost = failed.result.error().code == Code::kUnavailable;
    failed.result.error().retrySafe = false;
    co_return failed;
  }
  reached();
  Reply reply;
  reply.status = answer->head().status;
  auto json = format::parseJson(*text, "the engine's answer");
  // Some calls answer with nothing or a plain "OK".
  if (json.ok()) reply.body = std::move(*json);
  Attempt<Reply> done{std::move(reply)};
  co_return done;
}

Task<bool> Connection::pauseForRestart(Duration& pause, Wait wait) {
  lost();
  const Instant now = loop_.clock().now();
  if (!lostAt_) lostAt_ = now;
  if (!everReached_ || now >= *lostAt_ + kRestartPatience || now + pause >= wait.deadline) co_return false;
  const Status slept = co_await loop_.sleep(pause, wait);
  pause = std::min<Duration>(pause * 2, kRetryMost);
  co_return slept.ok();
}

Error Connection::away(Error error, const Call& call, bool sent) {
  if (!sent || call.method == "GET") return error;
  return Error{Code::kUnavailable,
               "the Docker Engine went away while " + call.what + "; whether that took effect is unknown",
               "when the engine is back run the command again: Orbit looks at what is there and goes on from it"};
}

Task<Result<Connection::Reply>> Connection::exchange(Call call, Wait wait, Duration fallback) {
  const Wait limited = bounded(wait, fallback);
  Duration pause = kRetryFirst;
  bool sent = false;
  for (;;) {
    Attempt<Reply> attempt = co_await exchangeOnce(call, limited);
    if (attempt.result.ok()) co_return std::move(attempt.result);
    Error error = std::move(attempt.result).error();
    Reply gone;
    if (sent && call.goneIsDone && error.code == Code::kNotFound) co_return gone;
    if (!attempt.lost) co_return error;
    sent = sent || !error.retrySafe;
    bool again = false;
    if (!sent || call.repeat == Repeat::kSafe) again = co_await pauseForRestart(pause, limited);
    if (!again) {
      lost();
      co_return away(std::move(error), call, sent);
    }
  }
}

Task<Result<std::unique_ptr<http::Answer>>> Connection::open(Call call, Wait wait) {
  Duration pause = kRetryFirst;
  bool sent = false;
  for (;;) {
    Opened attempt = co_await openOnce(call, wait);
    if (attempt.result.ok() || !attempt.lost) co_return std::move(attempt.result);
    Error error = std::move(attempt.result).error();
    sent = sent || !error.retrySafe;
    const bool mayRepeat = !call.source && (!sent || call.repeat == Repeat::kSafe);
    bool again = false;
    if (mayRepeat) again = co_await pauseForRestart(pause, wait);
    if (!again) {
      lost();
      co_return away(std::move(error), call, sent);
    }
  }
}

}  // namespace orbit::engine

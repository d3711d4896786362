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

// A failure of the way to the engine, not an answer of the engine.
bool lostContact(const Error& error) {
  return error.code == Code::kUnavailable;
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
  http::Request ask;
  ask.head.target = "/version";
  const Wait limited = bounded(wait, kReadDeadline);
  auto answer = co_await client_->send(std::move(ask), limited);
  if (!answer.ok()) co_return connectError(std::move(answer).error(), host_->address.text());
  auto text = co_await (*answer)->readAll(kAnswerBytesMax, limited);
  if (!text.ok()) co_return connectError(std::move(text).error(), host_->address.text());
  const auto json = format::parseJson(*text, "the engine's version");
  if (!json.ok() || !(*json)["ApiVersion"].isString()) {
    co_return Error{Code::kProtocol, "what answers at " + host_->address.text() + " is no Docker Engine",
                    "check DOCKER_HOST"};
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
    Error error = std::move(spoken).error();
    error.retrySafe = true;  // the call itself was never sent
    co_return error;
  }
  auto answer = co_await client_->send(request(call, "/v" + spoken->text()), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  reached();
  constexpr int kRefusalsFrom = 400;
  if ((*answer)->head().status >= kRefusalsFrom) {
    Error error = co_await refusal(**answer, wait);
    co_return error;
  }
  co_return answer;
}

Task<Result<Connection::Reply>> Connection::exchangeOnce(const Call& call, Wait wait) {
  auto answer = co_await openOnce(call, wait);
  if (!answer.ok()) co_return std::move(answer).error();
  Reply reply;
  reply.status = (*answer)->head().status;
  auto text = co_await (*answer)->readAll(kAnswerBytesMax, wait);
  if (!text.ok()) {
    Error error = std::move(text).error();
    error.retrySafe = false;
    co_return error;
  }
  reached();
  if (trim(*text).empty()) co_return reply;
  auto json = format::parseJson(*text, "the engine's answer");
  // Some calls answer a plain "OK".
  if (json.ok()) reply.body = std::move(*json);
  co_return reply;
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

Error Connection::away(Error error, const Call& call, bool sent) const {
  if (!lostContact(error) || !sent || call.method == "GET") return error;
  return Error{Code::kUnavailable,
               "the Docker Engine went away while " + call.what + "; whether that took effect is unknown",
               "when the engine is back run the command again: Orbit looks at what is there and goes on from it"};
}

Task<Result<Connection::Reply>> Connection::exchange(Call call, Wait wait, Duration fallback) {
  const Wait limited = bounded(wait, fallback);
  Duration pause = kRetryFirst;
  bool sent = false;
  for (;;) {
    auto reply = co_await exchangeOnce(call, limited);
    if (reply.ok()) co_return reply;
    Error error = std::move(reply).error();
    if (sent && call.goneIsDone && error.code == Code::kNotFound) co_return Reply{};
    if (!lostContact(error)) co_return error;
    sent = sent || !error.retrySafe;
    if (sent && call.repeat == Repeat::kNever) {
      lost();
      co_return away(std::move(error), call, sent);
    }
    const bool again = co_await pauseForRestart(pause, limited);
    if (!again) co_return away(std::move(error), call, sent);
  }
}

Task<Result<std::unique_ptr<http::Answer>>> Connection::open(Call call, Wait wait) {
  Duration pause = kRetryFirst;
  bool sent = false;
  for (;;) {
    auto answer = co_await openOnce(call, wait);
    if (answer.ok()) co_return answer;
    Error error = std::move(answer).error();
    if (!lostContact(error)) co_return error;
    sent = sent || !error.retrySafe;
    const bool mayRepeat = !call.source && (!sent || call.repeat == Repeat::kSafe);
    bool again = false;
    if (mayRepeat) again = co_await pauseForRestart(pause, wait);
    if (!again) co_return away(std::move(error), call, sent);
  }
}

}  // namespace orbit::engine

#include "cli/api_client.h"

#include <unistd.h>

#include <cerrno>

#include "base/base.h"
#include "cli/ssh_link.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr std::size_t kAnswerBytesMax = 64 << 20;
constexpr std::size_t kLineBytesMax = 16 << 20;
constexpr Duration kRemoteIdleMax = std::chrono::seconds(45);  // the daemon closes after a minute
constexpr std::size_t kUploadPiece = 256 << 10;

// The daemon's own problem as an Error, place and hint kept.
Error errorFrom(int status, const std::string& body) {
  const auto json = format::parseJson(body, "the daemon's answer");
  const auto problem = json.ok() ? problemFrom(*json) : ProblemEvent{};
  Error error{.code = Code::kUnavailable,
              .message = problem.message.empty() ? "The daemon answered " + std::to_string(status) : problem.message,
              .hint = problem.hint,
              .at = problem.at};
  for (int code = 0; code <= static_cast<int>(Code::kInternal); ++code) {
    if (codeName(static_cast<Code>(code)) == problem.code) error.code = static_cast<Code>(code);
  }
  return error;
}

Error cutOff(const std::string& host) {
  if (!host.empty()) {
    return Error{.code = Code::kUnavailable,
                 .message = "The connection to " + host + " was cut off before the end",
                 .hint = "What was under way there may go on; run the same command again, it looks at what is there"};
  }
  return Error{
      .code = Code::kUnavailable,
      .message = "The daemon went away before the end",
      .hint = "Run the same command again: it looks at what is there and goes on. `orbit server status` shows the log"};
}

// Pieces in, events out; a line may come in many pieces.
class EventLines {
 public:
  EventLines(std::function<void(std::string_view)> onLine, std::function<void(const Event&)> onEvent)
      : onLine_(std::move(onLine)), onEvent_(std::move(onEvent)) {}

  Status feed(std::string_view piece) {
    buffer_ += piece;
    if (buffer_.size() > kLineBytesMax)
      return Error{.code = Code::kLimit, .message = "The daemon sent a line over 16 MiB"};
    std::size_t begin = 0;
    for (auto end = buffer_.find('\n'); end != std::string::npos; end = buffer_.find('\n', begin)) {
      const std::string_view line(buffer_.data() + begin, end - begin);
      begin = end + 1;
      if (trim(line).empty()) continue;
      ORBIT_TRY(const Event event, parseEvent(line));
      if (onLine_) onLine_(line);
      if (const auto* ended = std::get_if<ResultEvent>(&event)) {
        result = *ended;
      } else {
        onEvent_(event);
      }
    }
    buffer_.erase(0, begin);
    return {};
  }

  std::optional<ResultEvent> result;

 private:
  std::function<void(std::string_view)> onLine_;
  std::function<void(const Event&)> onEvent_;
  std::string buffer_;
};

}  // namespace

ApiClient::ApiClient(net::Loop& loop, const std::string& socketPath)
    : loop_(loop), client_(loop, net::Address::unixSocket(socketPath)) {}

ApiClient::ApiClient(net::Loop& loop, const RemoteHost& host)
    : loop_(loop),
      host_(host.text()),
      client_(
          loop, [&loop, host](net::Wait wait) { return dialOverSsh(loop, host, wait); }, kRemoteIdleMax) {}

net::Task<Result<std::unique_ptr<http::Answer>>> ApiClient::send(std::string method, std::string target,
                                                                 std::string body, bool upgrade, net::Wait wait) {
  http::Request request;
  request.head.method = std::move(method);
  request.head.target = std::move(target);
  if (!body.empty()) request.head.fields.add("Content-Type", "application/json");
  if (upgrade) {
    request.head.fields.add("Connection", "Upgrade");
    request.head.fields.add("Upgrade", "orbit-stream");
  }
  request.body = std::move(body);
  co_return co_await client_.send(std::move(request), wait);
}

net::Task<Result<Json>> ApiClient::get(std::string target, net::Wait wait) {
  ORBIT_CO_TRY(auto answer, co_await send("GET", std::move(target), "", false, wait));
  ORBIT_CO_TRY(std::string body, co_await answer->readAll(kAnswerBytesMax, wait));
  if (answer->head().status != 200) co_return errorFrom(answer->head().status, body);
  co_return format::parseJson(body, "the daemon's answer");
}

net::Task<Result<Json>> ApiClient::post(std::string target, Json request, net::Wait wait) {
  std::string text = request.dump();
  ORBIT_CO_TRY(auto answer, co_await send("POST", std::move(target), std::move(text), false, wait));
  ORBIT_CO_TRY(std::string body, co_await answer->readAll(kAnswerBytesMax, wait));
  if (answer->head().status != 200) co_return errorFrom(answer->head().status, body);
  co_return format::parseJson(body, "the daemon's answer");
}

net::Task<Result<ResultEvent>> ApiClient::stream(std::string target, Json body,
                                                 std::function<void(const Event&)> onEvent, net::Wait wait) {
  std::string text = body.dump();
  ORBIT_CO_TRY(auto answer, co_await send("POST", std::move(target), std::move(text), false, wait));
  if (answer->head().status != 200) {
    ORBIT_CO_TRY(std::string problem, co_await answer->readAll(kAnswerBytesMax, wait));
    co_return errorFrom(answer->head().status, problem);
  }
  EventLines lines(onLine, std::move(onEvent));
  for (;;) {
    auto piece = co_await answer->read(wait);
    if (!piece.ok()) {
      if (lines.result) break;
      if (piece.error().code == Code::kCancelled || piece.error().code == Code::kTimeout) co_return piece.error();
      log(Level::kDebug, "cli", piece.error().text());
      co_return cutOff(host_);
    }
    if (piece->empty()) break;
    ORBIT_CO_TRY_STATUS(lines.feed(*piece));
  }
  if (!lines.result) co_return cutOff(host_);
  co_return *lines.result;
}

net::Task<Result<std::string>> ApiClient::upload(int file, std::int64_t bytes, std::function<void(std::int64_t)> onSent,
                                                 net::Wait wait) {
  std::int64_t sent = 0;
  http::Request request;
  request.head.method = "POST";
  request.head.target = "/v1/contexts";
  request.head.fields.add("Content-Type", "application/x-tar");
  // A captureless coroutine over pointers: the frame must not depend on a lambda object's life.
  const auto piece = [](int from, std::int64_t total, std::int64_t* done,
                        const std::function<void(std::int64_t)>* tell) -> net::Task<Result<std::string>> {
    std::string buffer(kUploadPiece, '\0');
    const auto count = ::pread(from, buffer.data(), buffer.size(), *done);
    if (count < 0 || (count == 0 && *done < total)) {
      co_return Error{.code = Code::kIo,
                      .message = std::string("Cannot read the packed build context back: ") + std::strerror(errno)};
    }
    buffer.resize(static_cast<std::size_t>(count));
    *done += count;
    (*tell)(*done);
    co_return std::move(buffer);
  };
  request.source = [&]() { return piece(file, bytes, &sent, &onSent); };
  ORBIT_CO_TRY(auto answer, co_await client_.send(std::move(request), wait));
  ORBIT_CO_TRY(std::string body, co_await answer->readAll(kAnswerBytesMax, wait));
  if (answer->head().status != 200) co_return errorFrom(answer->head().status, body);
  ORBIT_CO_TRY(const Json json, format::parseJson(body, "the daemon's answer"));
  co_return json["context"].asString();
}

net::Task<Result<std::unique_ptr<net::Stream>>> ApiClient::upgrade(std::string target, Json body, net::Wait wait) {
  std::string text = body.dump();
  ORBIT_CO_TRY(auto answer, co_await send("POST", std::move(target), std::move(text), true, wait));
  if (answer->head().status == 101) co_return answer->takeStream();
  ORBIT_CO_TRY(std::string problem, co_await answer->readAll(kAnswerBytesMax, wait));
  if (answer->head().status == 200) co_return std::unique_ptr<net::Stream>();
  co_return errorFrom(answer->head().status, problem);
}

}  // namespace orbit::cli

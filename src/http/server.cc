#include "http/server.h"

#include "base/log.h"
#include "http/core/limits.h"
#include "http/server_connection.h"
#include "http/wire.h"

namespace orbit::http {
namespace {

// The answer to what could not be understood, as text: no API has a say yet.
ResponseHead refusalHead(const Error& error, std::size_t bodyBytes) {
  ResponseHead head;
  head.status = 400;
  if (error.code == Code::kLimit) head.status = 431;
  if (error.code == Code::kTimeout) head.status = 408;
  if (error.code == Code::kUnsupported) head.status = 501;
  head.fields.add("Content-Type", "text/plain; charset=utf-8");
  head.fields.add("Content-Length", std::to_string(bodyBytes));
  head.fields.add("Connection", "close");
  return head;
}

class ServerExchange final : public Exchange {
 public:
  ServerExchange(net::Loop& loop, Wire& wire, ParsedRequest request, Framing framing, net::Cancel* cancel)
      : loop_(loop),
        wire_(wire),
        request_(std::move(request)),
        body_(framing),
        keepAlive_(keepsAlive(request_.head.fields, request_.minorVersion)),
        expectsContinue_(hasToken(request_.head.fields, "Expect", "100-continue")),
        gone_(cancel),
        leave_(&left_, [this] { gone_.request(); }),
        watch_(std::make_unique<net::TaskGroup>(loop)) {
    watch_->add(watchPeer());
  }

  const RequestHead& request() const override { return request_.head; }
  net::Cancel& gone() override { return gone_; }

  net::Task<Result<std::string>> readBody(net::Wait wait) override {
    const Status invited = co_await invite();
    if (!invited.ok()) co_return invited.error();
    co_return co_await wire_.readBody(body_, wait);
  }

  net::Task<Result<std::string>> readWholeBody(std::size_t bytesMax, net::Wait wait) override {
    const Status invited = co_await invite();
    if (!invited.ok()) co_return invited.error();
    co_return co_await wire_.readWhole(body_, bytesMax, wait);
  }

  net::Task<Status> respond(int status, Fields fields, std::string body) override {
    if (answer_ != State::kNone) co_return twice();
    const bool bodiless = status == 204 || status == 304;
    if (!bodiless) fields.set("Content-Length", std::to_string(body.size()));
    answer_ = State::kWhole;
    if (bodiless || request_.head.method == "HEAD") body.clear();
    co_return co_await sendHead(status, std::move(fields), std::move(body));
  }

  net::Task<Status> begin(int status, Fields fields) override {
    if (answer_ != State::kNone) co_return twice();
    answer_ = State::kStreaming;
    chunked_ = request_.minorVersion >= 1;
    if (chunked_) {
      fields.set("Transfer-Encoding", "chunked");
    } else {
      keepAlive_ = false;  // HTTP/1.0 knows the end by the connection's
    }
    co_return co_await sendHead(status, std::move(fields), std::string());
  }

  net::Task<Status> write(std::string piece) override {
    if (answer_ != State::kStreaming) co_return twice();
    if (piece.empty() || request_.head.method == "HEAD") co_return Status{};
    const std::string bytes = chunked_ ? encodeChunk(piece) : std::move(piece);
    co_return co_await send(bytes);
  }

  net::Task<Result<std::unique_ptr<net::Stream>>> upgrade(std::string protocol) override {
    if (answer_ != State::kNone) co_return twice();
    if (!hasToken(request_.head.fields, "Upgrade", protocol)) {
      co_return Error{Code::kInvalid, "the request does not offer an upgrade to " + protocol,
                      "send Connection: Upgrade and Upgrade: " + protocol};
    }
    const Status read = co_await drain();
    if (!read.ok()) co_return read.error();
    answer_ = State::kUpgraded;
    ResponseHead head;
    head.status = 101;
    head.fields.add("Connection", "Upgrade");
    head.fields.add("Upgrade", protocol);
    ORBIT_CO_TRY(const std::string text, encodeResponse(head));
    const Status sent = co_await send(text);
    if (!sent.ok()) co_return sent.error();
    watch_.reset();
    co_return wire_.takeStream();
  }

  // After the handler: ends the answer. True when the connection can carry the next request.
  net::Task<bool> finish() {
    if (answer_ == State::kUpgraded) co_return false;
    Status sent;
    if (answer_ == State::kNone) sent = co_await respond(500, Fields(), "the server gave no answer\n");
    if (answer_ == State::kStreaming && chunked_ && request_.head.method != "HEAD") {
      const std::string last = encodeChunk("");
      sent = co_await send(last);
    }
    // A client that waits for the invitation to send its body will not get it any more.
    if (!sent.ok() || failed_ || !keepAlive_ || expectsContinue_) co_return false;
    const Status drained = co_await drain();
    co_return drained.ok() && !gone_.requested();
  }

 private:
  enum class State { kNone, kWhole, kStreaming, kUpgraded };

  static Error twice() { return {Code::kInternal, "an HTTP handler answered twice, or wrote without beginning"}; }

  net::Task<void> watchPeer() {
    const Status closed = co_await wire_.stream().closedByPeer(net::Wait());
    if (closed.ok()) left_.request();
  }

  net::Task<Status> send(std::string_view bytes) {
    net::Wait wait;
    wait.cancel = &left_;
    Status sent = co_await wire_.stream().write(bytes, wait);
    if (!sent.ok()) failed_ = true;
    co_return sent;
  }

  net::Task<Status> sendHead(int status, Fields fields, std::string body) {
    ResponseHead head;
    head.status = status;
    head.fields = std::move(fields);
    if (expectsContinue_ && !body_.done()) keepAlive_ = false;
    if (!keepAlive_) head.fields.set("Connection", "close");
    Result<std::string> text = encodeResponse(head);
    if (!text.ok()) {
      failed_ = true;
      co_return std::move(text).error();
    }
    *text += body;
    co_return co_await send(*text);
  }

  net::Task<Status> invite() {
    if (!expectsContinue_ || answer_ != State::kNone) co_return Status{};
    expectsContinue_ = false;
    co_return co_await send("HTTP/1.1 100 Continue\r\n\r\n");
  }

  // Reads away what the handler left of the body, so that the next request can be found.
  net::Task<Status> drain() {
    const net::Wait wait{loop_.clock().now() + kDrainTime, &left_};
    const Result<std::string> rest = co_await wire_.readWhole(body_, kDrainBytesMax, wait);
    if (!rest.ok()) co_return rest.error();
    co_return Status{};
  }

  net::Loop& loop_;
  Wire& wire_;
  ParsedRequest request_;
  BodyReader body_;
  State answer_ = State::kNone;
  bool chunked_ = false;
  bool failed_ = false;
  bool keepAlive_;
  bool expectsContinue_;  // and was not invited yet
  net::Cancel left_;      // the client went away; a cancelled server may still send the end of its answers
  net::Cancel gone_;
  net::Cancel::Registration leave_;
  std::unique_ptr<net::TaskGroup> watch_;  // last: it goes first
};

net::Task<void> refuse(net::Loop& loop, Wire& wire, Error error) {
  const std::string body = error.message + "\n";
  const Result<std::string> text = encodeResponse(refusalHead(error, body.size()));
  ORBIT_CHECK(text.ok());
  const std::string whole = *text + body;
  const net::Wait wait{loop.clock().now() + kDrainTime, nullptr};
  (void)co_await wire.stream().write(whole, wait);
}

// The next request's head: idle for a while, then 30 s from its first byte on.
net::Task<Result<std::string>> nextHead(net::Loop& loop, Wire& wire, net::Cancel& cancel) {
  if (wire.empty()) {
    const net::Wait idle{loop.clock().now() + kKeepAliveTime, &cancel};
    const Result<bool> more = co_await wire.fill(idle);
    // Nothing was asked, so nothing is answered.
    if (!more.ok() || !*more) co_return std::string();
  }
  const net::Wait wait{loop.clock().now() + kHeadTime, &cancel};
  co_return co_await wire.readHead(wait);
}

}  // namespace

net::Task<void> serveConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream, const Handler& handler,
                                net::Cancel& cancel) {
  Wire wire(std::move(stream));
  for (bool more = true; more && !cancel.requested();) {
    Result<std::string> text = co_await nextHead(loop, wire, cancel);
    if (text.ok() && text->empty()) co_return;
    Result<ParsedRequest> request = text.ok() ? parseRequest(*text) : Result<ParsedRequest>(text.error());
    Result<Framing> framing = Framing{};
    if (request.ok()) framing = requestFraming(request->head.fields, request->minorVersion);
    if (!request.ok() || !framing.ok()) {
      const Error error = request.ok() ? framing.error() : request.error();
      if (error.code != Code::kCancelled && error.code != Code::kUnavailable) co_await refuse(loop, wire, error);
      co_return;
    }
    ServerExchange exchange(loop, wire, std::move(request).value(), *framing, &cancel);
    co_await handler(exchange);
    more = co_await exchange.finish();
  }
}

namespace {

net::Task<void> serveAndTell(net::Loop& loop, std::unique_ptr<net::Stream> stream, const Handler& handler,
                             net::Cancel& cancel, net::Condition& freed) {
  co_await serveConnection(loop, std::move(stream), handler, cancel);
  freed.notifyAll();
}

}  // namespace

net::Task<void> serve(net::Loop& loop, net::Listener& listener, Handler handler, net::Cancel& cancel) {
  net::Condition freed(loop);
  net::TaskGroup connections(loop);
  net::Wait wait;
  wait.cancel = &cancel;
  while (!cancel.requested()) {
    if (connections.running() >= kConnectionsMax) {
      (void)co_await freed.wait(wait);
      continue;
    }
    auto stream = co_await listener.accept(wait);
    if (stream.ok()) {
      connections.add(serveAndTell(loop, std::move(stream).value(), handler, cancel, freed));
    } else if (stream.error().code != Code::kCancelled) {
      log(Level::kError, "http", stream.error().text());
      (void)co_await loop.sleep(std::chrono::seconds(1), wait);
    }
  }
  const net::Wait grace{loop.clock().now() + kServerGrace, nullptr};
  while (connections.running() > 0) {
    const Status woken = co_await freed.wait(grace);
    if (!woken.ok()) break;
  }
}

}  // namespace orbit::http

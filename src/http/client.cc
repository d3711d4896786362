#include "http/client.h"

#include "http/core/limits.h"
#include "http/pool.h"
#include "http/wire.h"

namespace orbit::http {
namespace {

bool mayRepeat(const Request& request) {
  return !request.source && (request.head.method == "GET" || request.head.method == "HEAD");
}

// One request and its answer on one connection.
class ClientAnswer final : public Answer {
 public:
  ClientAnswer(net::Loop& loop, Wire wire, std::string method, std::weak_ptr<IdlePool> pool)
      : wire_(std::move(wire)), method_(std::move(method)), pool_(std::move(pool)), writer_(loop) {}

  const ResponseHead& head() const override { return head_; }
  // Whether any byte of an answer arrived.
  bool answered() const { return answered_; }

  // Sends the request beside reading the answer's head: a server may answer before it has read the whole body.
  net::Task<Status> exchange(std::string head, const Request& request, net::Wait wait) {
    writer_.add(send(std::move(head), request.body, request.source));
    net::Cancel either(wait.cancel);
    const net::Cancel::Registration failed(&sourceFailed_, [&either] { either.request(); });
    const net::Wait both{wait.deadline, &either};
    for (int interim = 0; interim < kInterimMax; ++interim) {
      const Result<std::string> text = co_await wire_.readHead(both);
      if (!text.ok()) co_return failure(text.error());
      if (text->empty()) {
        co_return failure({Code::kUnavailable, "the connection was closed without an answer"});
      }
      answered_ = true;
      ORBIT_CO_TRY(ParsedResponse parsed, parseResponse(*text));
      if (parsed.head.status < 200 && parsed.head.status != 101) continue;
      ORBIT_CO_TRY(framing_, responseFraming(parsed.head, parsed.minorVersion, method_));
      body_.emplace(framing_);
      reusable_ = parsed.head.status != 101 && framing_.kind != Framing::Kind::kUntilClose &&
                  keepsAlive(parsed.head.fields, parsed.minorVersion);
      head_ = std::move(parsed.head);
      giveBackIfDone();
      co_return Status{};
    }
    co_return Error{Code::kProtocol, "the peer sends one interim HTTP answer after another"};
  }

  net::Task<Result<std::string>> read(net::Wait wait) override {
    if (body_->done()) co_return std::string();
    net::Cancel either(wait.cancel);
    const net::Cancel::Registration failed(&sourceFailed_, [&either] { either.request(); });
    const net::Wait both{wait.deadline, &either};
    Result<std::string> piece = co_await wire_.readBody(*body_, both);
    if (!piece.ok()) co_return failure(std::move(piece).error());
    giveBackIfDone();
    co_return piece;
  }

  net::Task<Result<std::string>> readAll(std::size_t bytesMax, net::Wait wait) override {
    std::string whole;
    for (;;) {
      const Result<std::string> piece = co_await read(wait);
      if (!piece.ok()) co_return piece.error();
      if (piece->empty()) co_return whole;
      if (whole.size() + piece->size() > bytesMax) {
        co_return Error{Code::kLimit,
                        "an HTTP answer is longer than the " + std::to_string(bytesMax) + " bytes we take"};
      }
      whole += *piece;
    }
  }

  std::unique_ptr<net::Stream> takeStream() override {
    if (head_.status != 101 && framing_.kind != Framing::Kind::kUntilClose) return nullptr;
    return wire_.takeStream();
  }

 private:
  net::Task<void> send(std::string head, std::string body, BodySource source) {
    if (!source) {
      head += body;
      body.clear();
      sent_ = co_await wire_.stream().write(head, net::Wait());
    } else {
      sent_ = co_await wire_.stream().write(head, net::Wait());
      co_await sendSource(std::move(source));
    }
    sentWhole_ = sent_->ok();
    giveBackIfDone();
  }

  net::Task<void> sendSource(BodySource source) {
    for (bool more = true; more && sent_->ok();) {
      Status written;
      const Result<std::string> piece = co_await source();
      if (!piece.ok()) {
        sourceError_ = piece.error();
        sourceFailed_.request();
        written = piece.error();
      } else {
        more = !piece->empty();
        const std::string chunk = encodeChunk(*piece);
        written = co_await wire_.stream().write(chunk, net::Wait());
      }
      if (!written.ok()) sent_ = written.error();
    }
  }

  // The cause closest to the truth: our own source, then the failed write, then what reading met.
  Error failure(Error met) const {
    if (sourceError_) return *sourceError_;
    if (met.code == Code::kUnavailable && sent_ && !sent_->ok()) return sent_->error();
    return met;
  }

  // Back into the pool when both directions came to their proper end.
  void giveBackIfDone() {
    if (!reusable_ || !sentWhole_ || !body_->done() || !wire_.empty()) return;
    reusable_ = false;
    if (const auto pool = pool_.lock()) pool->give(std::move(wire_));
  }

  Wire wire_;
  std::string method_;
  std::weak_ptr<IdlePool> pool_;
  ResponseHead head_;
  Framing framing_;
  std::optional<BodyReader> body_;
  bool answered_ = false;
  bool reusable_ = false;
  bool sentWhole_ = false;
  std::optional<Status> sent_;  // of the last write
  std::optional<Error> sourceError_;
  net::Cancel sourceFailed_;
  net::TaskGroup writer_;  // last: it goes first
};

}  // namespace

struct Client::State {
  State(net::Loop& owner, net::Address to)
      : loop(owner), address(std::move(to)), pool(std::make_shared<IdlePool>(owner, kIdleMax)) {}
  State(net::Loop& owner, Dial by, Duration idle)
      : loop(owner),
        dial(std::move(by)),
        idleMax(idle),
        idleMaxUnrepeatable(idle),
        pool(std::make_shared<IdlePool>(owner, idle)) {}

  // Fills in what the connection and the body decide.
  void complete(Request& request) const {
    Fields& fields = request.head.fields;
    if (!fields.has("Host")) {
      const bool named = !dial && address.unixPath.empty();
      const bool six = address.host.find(':') != std::string::npos;
      const std::string name = six ? "[" + address.host + "]" : address.host;
      fields.set("Host", named ? name + ":" + std::to_string(address.port) : "localhost");
    }
    const std::string& method = request.head.method;
    if (request.source) {
      fields.set("Transfer-Encoding", "chunked");
    } else if (!request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      fields.set("Content-Length", std::to_string(request.body.size()));
    }
  }

  net::Task<Result<std::unique_ptr<net::Stream>>> connect(net::Wait wait) const {
    return dial ? dial(wait) : net::connect(loop, address, wait);
  }

  net::Loop& loop;
  net::Address address;
  Dial dial;  // null: the address
  Duration idleMax = kIdleMax;
  Duration idleMaxUnrepeatable = kIdleMaxUnrepeatable;
  std::shared_ptr<IdlePool> pool;
};

Client::Client(net::Loop& loop, net::Address address) : state_(std::make_shared<State>(loop, std::move(address))) {}
Client::Client(net::Loop& loop, Dial dial, Duration idleMax)
    : state_(std::make_shared<State>(loop, std::move(dial), idleMax)) {}
Client::~Client() = default;

net::Task<Result<std::unique_ptr<Answer>>> Client::send(Request request, net::Wait wait) {
  const std::shared_ptr<State> state = state_;
  state->complete(request);
  ORBIT_CO_TRY(const std::string head, encodeRequest(request.head));
  const bool repeatable = mayRepeat(request);
  for (bool fresh = false;; fresh = true) {
    std::optional<Wire> wire;
    if (!fresh) wire = state->pool->take(repeatable ? state->idleMax : state->idleMaxUnrepeatable);
    const bool pooled = wire.has_value();
    if (!pooled) {
      auto stream = co_await state->connect(wait);
      if (!stream.ok()) {
        Error error = std::move(stream).error();
        error.retrySafe = true;
        co_return error;
      }
      wire.emplace(std::move(stream).value());
    }
    auto answer = std::make_unique<ClientAnswer>(state->loop, std::move(*wire), request.head.method, state->pool);
    const Status done = co_await answer->exchange(head, request, wait);
    if (done.ok()) co_return std::unique_ptr<Answer>(std::move(answer));
    const bool closed = done.error().code == Code::kUnavailable && !answer->answered();
    if (!pooled || !repeatable || !closed) {
      Error error = done.error();
      error.retrySafe = repeatable;
      co_return error;
    }
  }
}

}  // namespace orbit::http

#include "edge/client/http2.h"

#include <algorithm>
#include <utility>

namespace orbit::edge {
namespace {

constexpr std::size_t kConnectionQueueHigh = 2 * 1024 * 1024;  // for all streams: beyond, each that adds is to wait
constexpr std::size_t kConnectionQueueLow = 512 * 1024;
constexpr std::chrono::milliseconds kNoticeTime{1000};  // from the first GOAWAY to the last: a round trip

http::H2Limits limitsOf(const model::RouteTable::Limits& limits) {
  http::H2Limits h2;
  h2.headerListBytesMax = limits.headBytesMax;
  return h2;
}

}  // namespace

// One request's way back.
class Http2Client::Stream final : public ClientStream {
 public:
  explicit Stream(Http2Client& client) : client_(client) {}
  void begin(std::int32_t id) {
    id_ = id;
    exchange_ = nullptr;
    owed_ = seenQueue_ = 0;
    requestEnded_ = discarding_ = full_ = heard_ = false;
  }

  void sendInterim(int status, std::string_view fieldLines) override {
    client_.server_->interim(id_, status, fieldLines);
    client_.link_.flush();
  }
  void sendHead(int status, std::string_view, std::string_view fieldLines, bool end) override {
    client_.server_->respond(id_, status, fieldLines, end);
    client_.link_.flush();
  }
  std::size_t sendBody(std::string_view bytes) override {
    const std::size_t queued = client_.queueFor(id_, bytes, full_);
    client_.link_.flush();
    return queued;
  }
  void sendEnd(std::string_view trailerLines) override {
    client_.server_->end(id_, trailerLines);
    client_.link_.flush();
  }
  void cut() override {
    client_.server_->reset(id_, http::H2Code::kInternal);
    client_.link_.flush();
    if (client_.takeOut(id_) != nullptr) client_.recycle(*this);
  }
  void bodyConsumed(std::size_t bytes) override {
    owed_ -= std::min(owed_, bytes);
    client_.server_->consumed(id_, bytes);
    client_.link_.flush();
  }
  void discardBody() override {
    discarding_ = true;
    bodyConsumed(owed_);
  }
  void beginTunnel() override {}                   // no request of HTTP/2 asks for one
  bool closing() const override { return false; }  // GOAWAY says so

 private:
  friend class Http2Client;
  Http2Client& client_;
  std::int32_t id_ = 0;
  Exchange* exchange_ = nullptr;
  std::size_t owed_ = 0;       // body bytes given to the exchange and not used yet
  std::size_t seenQueue_ = 0;  // at the last look
  bool requestEnded_ = false;
  bool discarding_ = false;
  bool full_ = false;   // the exchange waits for onClientWritable
  bool heard_ = false;  // body bytes came since the last look
};

std::unique_ptr<ClientProtocol> makeHttp2(ClientLink& link) {
  return std::make_unique<Http2Client>(link);
}

Http2Client::Http2Client(ClientLink& link)
    : link_(link), server_(http::H2Server::create(limitsOf(link.limits()), *this)) {
  link_.setDeadline(link_.now() + link_.limits().keepAlive);
  link_.flush();  // our SETTINGS
  if (link_.draining()) onDrain();
}

Http2Client::~Http2Client() = default;

void Http2Client::onBytes(std::string_view bytes) {
  if (closing_) return;
  heard_ = true;
  const bool alive = server_->feed(bytes, link_.now());
  if (closing_) return;
  link_.flush();
  if (!alive || server_->finished()) return close();
  move();
}

// The deadline: for what is open, or for a client that asks nothing. It is not moved by what costs the client nothing.
void Http2Client::move() {
  const bool busy = !open_.empty() || !leaving_.empty();
  if (busy == busy_ || drain_ == Drain::kNoticed || closing_) return;
  busy_ = busy;
  link_.setDeadline(link_.now() + (busy ? link_.limits().bodyIdle : link_.limits().keepAlive));
}

bool Http2Client::fill(std::string& out, std::size_t bytesMax) {
  bool more = out.size() >= bytesMax;
  // What the exchanges add when they hear that they may goes along.
  for (int round = 0; round < 2 && out.size() < bytesMax; ++round) {
    const std::size_t before = out.size();
    more = server_->take(out, bytesMax - before);
    given_ += out.size() - before;
    for (auto last = leaving_.rbegin(); last != leaving_.rend() && last->end == 0; ++last) last->end = given_;
    if (anyFull_ && server_->queued() <= kConnectionQueueLow) wakeFull();
  }
  return more;
}

void Http2Client::onTaken(std::size_t left) {
  std::size_t done = 0;
  while (done < leaving_.size() && leaving_[done].end != 0 && leaving_[done].end + left <= given_) {
    Stream& stream = *leaving_[done++].stream;
    std::exchange(stream.exchange_, nullptr)->onAnswerSent();
    recycle(stream);
  }
  leaving_.erase(leaving_.begin(), leaving_.begin() + static_cast<std::ptrdiff_t>(done));
  if (left == 0 && server_->finished()) return close();
  move();
}

void Http2Client::onRequest(std::int32_t id, http::RequestIndex& head, bool end) {
  Stream& stream = newStream(id);
  stream.requestEnded_ = end;
  Exchange& exchange = beginExchange(link_.worker(), stream, link_.facts());
  stream.exchange_ = &exchange;
  exchange.onRequest(head, end);
}

void Http2Client::onBody(std::int32_t id, std::string_view bytes) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->discarding_) return server_->consumed(id, bytes.size());
  stream->heard_ = true;
  stream->owed_ += bytes.size();
  stream->exchange_->onRequestBody(bytes);
}

void Http2Client::onRequestEnd(std::int32_t id, std::string_view trailerLines) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->requestEnded_ = true;
  if (!stream->discarding_) stream->exchange_->onRequestEnd(trailerLines);
}

void Http2Client::onRefused(const http::RequestIndex& head, int status) {
  reportRefused(link_.worker(), link_.facts(), head, status);
}

void Http2Client::onReset(std::int32_t id, std::uint32_t) {
  Stream* stream = takeOut(id);
  if (stream == nullptr) return;
  std::exchange(stream->exchange_, nullptr)->onClientGone();
  recycle(*stream);
}

void Http2Client::onSent(std::int32_t id) {
  if (Stream* stream = takeOut(id)) leaving_.push_back({stream, 0});
}

std::size_t Http2Client::queueFor(std::int32_t id, std::string_view bytes, bool& full) {
  const std::size_t queued = server_->body(id, bytes);
  if (queued <= kQueueHigh && server_->queued() <= kConnectionQueueHigh) return queued;
  full = anyFull_ = true;
  return std::max(queued, kQueueHigh + 1);
}

void Http2Client::onWritable(std::int32_t id) {
  Stream* stream = find(id);
  if (stream == nullptr || !stream->full_ || server_->queued() > kConnectionQueueHigh) return;
  stream->full_ = false;
  stream->exchange_->onClientWritable();
}

// Those that had to wait because of the others.
void Http2Client::wakeFull() {
  anyFull_ = false;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    Stream& stream = *open_[i];
    if (!stream.full_) continue;
    if (server_->body(stream.id_, {}) > kQueueLow) {
      anyFull_ = true;
      continue;
    }
    stream.full_ = false;
    stream.exchange_->onClientWritable();
  }
}

void Http2Client::onEnd() {
  if (closing_) return;
  // Nobody half-closes a connection of HTTP/2: what is not answered is wanted no more.
  if (open_.empty()) return close();
  link_.closeNow();
}

void Http2Client::onGone() {
  closing_ = true;
  endAll();
  for (const Leaving& leaving : std::exchange(leaving_, {})) {
    std::exchange(leaving.stream->exchange_, nullptr)->onClientGone();
  }
}

void Http2Client::endAll() {
  for (Stream* stream : std::exchange(open_, {})) std::exchange(stream->exchange_, nullptr)->onClientGone();
}

// What is queued, a GOAWAY among it, still goes out.
void Http2Client::close() {
  if (std::exchange(closing_, true)) return;
  endAll();
  link_.closeWhenSent();
}

void Http2Client::onDeadline() {
  if (drain_ == Drain::kNoticed) {
    drain_ = Drain::kLast;
    server_->goAway();
    link_.flush();
    busy_ = open_.empty() && leaving_.empty();  // so that move() sets it anew
    return move();
  }
  if (open_.empty() && leaving_.empty()) {
    if (drain_ == Drain::kNo) server_->goAway();
    server_->goAway();
    return close();
  }
  // A client that neither sends nor answers a ping is not there any more.
  if (!heard_ && !server_->answered()) return link_.closeNow();
  if (!std::exchange(heard_, false)) server_->ping();
  link_.flush();
  endStalled();
  link_.setDeadline(link_.now() + link_.limits().bodyIdle);
}

// Streams that have waited for the client between two looks: for its body, or for it to take the answer.
void Http2Client::endStalled() {
  std::vector<Stream*> stalled;
  for (Stream* stream : open_) {
    const std::size_t queued = server_->body(stream->id_, {});
    const bool bodyMissing = !stream->requestEnded_ && !stream->heard_ && stream->owed_ == 0;
    const bool untaken = queued > 0 && queued == stream->seenQueue_;
    stream->heard_ = false;
    stream->seenQueue_ = queued;
    if (bodyMissing || untaken) stalled.push_back(stream);
  }
  for (Stream* stream : stalled) {
    server_->reset(stream->id_, http::H2Code::kCancel);
    onReset(stream->id_, 0);
  }
  if (!stalled.empty()) link_.flush();
}

void Http2Client::onDrain() {
  if (drain_ != Drain::kNo || closing_) return;
  drain_ = Drain::kNoticed;
  server_->goAway();
  link_.flush();
  link_.setDeadline(link_.now() + kNoticeTime);
}

Http2Client::Stream* Http2Client::find(std::int32_t id) const {
  const auto at = std::lower_bound(open_.begin(), open_.end(), id,
                                   [](const Stream* stream, std::int32_t wanted) { return stream->id_ < wanted; });
  return at == open_.end() || (*at)->id_ != id ? nullptr : *at;
}

Http2Client::Stream* Http2Client::takeOut(std::int32_t id) {
  const auto at = std::lower_bound(open_.begin(), open_.end(), id,
                                   [](const Stream* stream, std::int32_t wanted) { return stream->id_ < wanted; });
  if (at == open_.end() || (*at)->id_ != id) return nullptr;
  Stream* stream = *at;
  open_.erase(at);
  return stream;
}

Http2Client::Stream& Http2Client::newStream(std::int32_t id) {
  if (free_.empty()) free_.push_back(all_.emplace_back(std::make_unique<Stream>(*this)).get());
  Stream* stream = free_.back();
  free_.pop_back();
  stream->begin(id);
  open_.push_back(stream);
  return *stream;
}

void Http2Client::recycle(Stream& stream) {
  free_.push_back(&stream);
}

}  // namespace orbit::edge

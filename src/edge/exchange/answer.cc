// What the client gets: an upstream's answer, or one of the edge's own.
#include "base/text.h"
#include "edge/exchange/exchange_state.h"
#include "edge/worker/worker.h"
#include "http/http.h"

namespace orbit::edge {

using signal::Outcome;

namespace {

constexpr std::string_view kPlainText = "Content-Type: text/plain; charset=utf-8\r\n";
constexpr std::string_view kPinPath = "/.well-known/orbit/open/";
constexpr std::string_view kEventStream = "text/event-stream";

bool isEventStream(const http::ResponseIndex& head) {
  const http::FieldIndex* type = head.find(http::Known::kContentType);
  return type != nullptr && lower(head.at(type->value).substr(0, kEventStream.size())) == kEventStream;
}

}  // namespace

const http::FieldIndex* ExchangeState::cookie() const {
  return request_.find(http::Known::kCookie);
}

void ExchangeState::cookieLines(std::string& out) const {
  const ServiceState& state = *service();
  if (choice_.setReleaseCookie) out += cookieLine(state.releaseCookieName, drawText(choice_.draw), origin_.https);
  if (choice_.setInstanceCookie) out += cookieLine(state.instanceCookieName, choice_.instance->cookie, origin_.https);
}

// <kPinPath><pin>: the browser stays on that release from now on; <kPinPath> alone: on none.
bool ExchangeState::answerPin() {
  std::string_view pin = request_.at(request_.path);
  if (!startsWith(pin, kPinPath)) return false;
  pin.remove_prefix(kPinPath.size());
  if (!pin.empty() && pinned(*service(), pin) == nullptr) {
    answerPage(404, "No such release is here any more.\n", false, {});
    return true;
  }
  std::string lines = "Location: /\r\nCache-Control: no-store\r\n";
  lines += cookieLine(service()->pinCookieName, pin, origin_.https);
  answerLocal(303, lines, {});
  return true;
}

void ExchangeState::onAttemptInterim(http::ResponseIndex& head) {
  if (head.status == 100) {
    if (request_.expectContinue) client_->sendInterim(100, {});
    return;
  }
  std::string& lines = worker_.lines();
  lines.clear();
  writeAnswerFields(head, compiled_, request_, origin_.https, {}, lines);
  client_->sendInterim(head.status, lines);
}

void ExchangeState::onAttemptHead(http::ResponseIndex& head, bool end) {
  if (end) attempt_ = nullptr;
  upstreamUs_ = sinceUs(attemptStart_);
  if (head.status == 101 && (!request_.upgrade || request_.http2)) {
    std::exchange(attempt_, nullptr)->cancel();
    return onAttemptFailed(AttemptFailure::kMalformed);
  }
  if (head.status >= 500 && tryShield(Outcome::kAnswered, head.status)) return;
  noteSuccess(*choice_.instance);
  if (errorPage(compiled_, head.status, true) != nullptr) {
    const int status = head.status;
    if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->cancel();
    reportAttempt(Outcome::kAnswered, status);
    return answerPage(status, {}, true, {});
  }
  answerHead(head, end);
}

void ExchangeState::answerHead(http::ResponseIndex& head, bool end) {
  if (tagWanted_ && !end) beginTag(head);
  std::string extra;
  if (choice_.setReleaseCookie || choice_.setInstanceCookie) cookieLines(extra);
  std::string& lines = worker_.lines();
  lines.clear();
  writeAnswerFields(head, compiled_, request_, origin_.https, extra, lines);
  status_ = head.status;
  headSent_ = true;
  phase_ = Phase::kAnswering;
  if (end) {
    reportAttempt(Outcome::kAnswered, status_);
    answerEnded_ = true;
    client_->sendHead(status_, head.at(head.reason), lines, true);
    if (!requestEnded_) client_->discardBody();
    return;
  }
  stream_ = status_ == 101 || isEventStream(head);
  if (stream_) latencyUs_ = sinceUs(start_);
  client_->sendHead(status_, head.at(head.reason), lines, false);
  if (status_ != 101) return;
  phase_ = Phase::kTunnel;
  requestEnded_ = false;  // of the client's half, from now on
  attemptTunnel_ = true;
  webSocket_ = request_.webSocket;
  reportAttempt(Outcome::kAnswered, status_);
  reportRequest(Outcome::kAnswered);
  worker_.tunnels().insert(this);
  worker_.counted().upgraded.fetch_add(1, std::memory_order_relaxed);
  client_->beginTunnel();
  // The table may have moved on while the upgrade was under way.
  checkTunnel(*worker_.table()->runtime);
}

void ExchangeState::onAttemptBody(std::string_view bytes) {
  bytesOut_ += bytes.size();
  attemptBytesOut_ += bytes.size();
  if (webSocket_) bytes = bytes.substr(0, watchTunnel(bytes));
  const std::size_t queued = tagging_ ? sendTagged(bytes) : client_->sendBody(bytes);
  if (closeWanted_ && betweenFrames()) return closeTunnel();
  if (queued <= kQueueHigh || attempt_ == nullptr) return;
  readingPaused_ = true;
  attempt_->pauseReading();
}

void ExchangeState::onAttemptEnd(std::string_view trailerLines) {
  if (phase_ == Phase::kTunnel) {
    upstreamEnded_ = true;
    if (requestEnded_) std::exchange(attempt_, nullptr)->cancel();
  } else {
    attempt_ = nullptr;
    reportAttempt(Outcome::kAnswered, status_);
  }
  answerEnded_ = true;
  if (std::exchange(tagging_, false)) client_->sendBody(tag_);  // a page without a head
  client_->sendEnd(trailerLines);
  if (!requestEnded_ && phase_ != Phase::kTunnel) client_->discardBody();
}

void ExchangeState::answerLocal(int status, std::string_view fieldLines, std::string_view body) {
  phase_ = Phase::kLocal;
  status_ = status;
  headSent_ = answerEnded_ = true;
  std::string lines(worker_.dateLine());
  lines += fieldLines;
  const bool bodyless = status == 204 || status == 304;
  if (!bodyless) lines.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  const bool end = bodyless || body.empty() || request_.method == http::Method::kHead;
  client_->sendHead(status, http::reasonPhrase(status), lines, end);
  if (!end) {
    bytesOut_ = body.size();
    client_->sendBody(body);
    client_->sendEnd({});
  }
  if (!requestEnded_) client_->discardBody();
}

// An answer of the edge's own, as the route's page if it has one for this.
void ExchangeState::answerPage(int status, std::string_view why, bool fromUpstream, std::string_view extraLines) {
  std::string lines(extraLines);
  const model::TableErrorPage* page = errorPage(compiled_, status, fromUpstream);
  if (page != nullptr) {
    lines.append("Content-Type: ").append(page->contentType).append("\r\n");
  } else {
    lines += kPlainText;
  }
  lines += "Cache-Control: no-store\r\n";
  if (compiled_ != nullptr) writeOwnAnswerFields(compiled_, request_, origin_.https, lines);
  answerLocal(status, lines, page != nullptr ? std::string_view(page->body) : why);
}

// The head went out and the rest does not come.
void ExchangeState::cutAnswer() {
  if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->cancel();
  if (!reported_) reportRequest(Outcome::kBroken);
  answerEnded_ = true;
  clientGone_ = true;
  client_->cut();
  maybeFree();
}

}  // namespace orbit::edge

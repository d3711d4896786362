#include "edge/client/http1.h"

#include <cstring>

#include "base/text.h"
#include "edge/worker/chunk_line.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {
namespace {

constexpr std::string_view kContentLength = "content-length:";

// Whether one of the lines is a Content-Length.
bool saysLength(std::string_view lines) {
  while (lines.size() > kContentLength.size()) {
    if ((lines.front() | 0x20) == 'c' && lines[kContentLength.size() - 1] == ':' &&
        lower(lines.substr(0, kContentLength.size())) == kContentLength) {
      return true;
    }
    const std::size_t end = lines.find('\n');
    if (end == std::string_view::npos) return false;
    lines.remove_prefix(end + 1);
  }
  return false;
}

void appendStatusLine(int status, std::string_view reason, std::string& out) {
  const char digits[] = {static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
                         static_cast<char>('0' + status % 10), ' '};
  out.append("HTTP/1.1 ").append(digits, sizeof digits).append(reason).append("\r\n");
}

std::string sentence(const http::ParseOutcome& refused) {
  std::string text = std::to_string(refused.status);
  text.append(" ").append(http::reasonPhrase(refused.status));
  return text.append(". What is wrong with this request: ").append(refused.reason).append(".\n");
}

bool hasNoBody(int status) {
  return status < 200 || status == 204 || status == 304;
}

}  // namespace

std::unique_ptr<ClientProtocol> makeHttp1(ClientLink& link) {
  return std::make_unique<Http1Client>(link);
}

Http1Client::Http1Client(ClientLink& link) : link_(link) {
  idleDeadline();
}

void Http1Client::idleDeadline() {
  const Duration quiet = link_.draining() ? Duration(kQuietGrace) : Duration(link_.limits().keepAlive);
  link_.setDeadline(link_.now() + quiet);
}

void Http1Client::onBytes(std::string_view bytes) {
  if (pending_.empty()) {
    pending_ = read(bytes);
    return holdBack();
  }
  pending_.append(bytes);
  if (state_ == State::kAnswering) return holdBack();
  // A head that trickles in is looked at when it can be whole, or too long.
  const std::size_t held = pending_.size() - pendingUsed_;
  const bool wait = state_ == State::kHead && held > kHeadReadAnewBytesMax &&
                    held <= link_.worker().table()->runtime->headLimits.headBytesMax &&
                    bytes.find('\n') == std::string_view::npos;
  if (!wait) readPending();
}

void Http1Client::readPending() {
  const std::string_view held = std::string_view(pending_).substr(pendingUsed_);
  pendingUsed_ += held.size() - read(held).size();
  if (pendingUsed_ == pending_.size()) {
    std::string().swap(pending_);
    pendingUsed_ = 0;
  } else if (pendingUsed_ > pending_.size() / 2) {
    pending_.erase(0, pendingUsed_);
    pendingUsed_ = 0;
  }
  holdBack();
}

// As far as one request after the other can be begun.
std::string_view Http1Client::read(std::string_view bytes) {
  inRead_ = true;
  bool going = true;
  while (going && !bytes.empty()) {
    switch (state_) {
      case State::kIdle:
      case State::kHead:
        going = readHead(bytes);
        break;
      case State::kBody:
        going = readBody(bytes);
        break;
      case State::kTunnel:
        takeBody(bytes);
        bytes = {};
        break;
      case State::kAnswering:
        going = false;
        break;
      case State::kClosing:
        bytes = {};
        break;
    }
  }
  inRead_ = false;
  return bytes;
}

// Too much waits behind the request that is being answered.
void Http1Client::holdBack() {
  if (state_ != State::kAnswering || pending_.size() - pendingUsed_ <= kPipelineBytesMax || readingPaused_) return;
  readingPaused_ = true;
  link_.pauseReading();
}

bool Http1Client::readHead(std::string_view& bytes) {
  Worker& worker = link_.worker();
  http::RequestIndex& head = worker.requestIndex();
  const http::ParseOutcome outcome = http::parseRequestHead(bytes, worker.table()->runtime->headLimits, head);
  if (outcome.kind == http::ParseOutcome::Kind::kBad) {
    refuse(head, outcome.status, sentence(outcome));
    bytes = {};
    return false;
  }
  if (outcome.kind == http::ParseOutcome::Kind::kMore) {
    if (state_ == State::kIdle) {
      state_ = State::kHead;
      link_.setDeadline(link_.now() + link_.limits().headTimeout);
    }
    return false;
  }
  bytes.remove_prefix(outcome.size);
  minorVersion0_ = head.minorVersion == 0;
  headRequest_ = head.method == http::Method::kHead;
  keepAlive_ = head.keepAlive;
  expects_ = head.expectContinue;
  headSent_ = answered_ = discarding_ = wasHigh_ = false;
  owed_ = discarded_ = 0;
  const bool ends = head.framing.kind == http::Framing::Kind::kNone ||
                    (head.framing.kind == http::Framing::Kind::kLength && head.framing.length == 0);
  if (ends) {
    state_ = State::kAnswering;
    link_.setDeadline(Instant::max());
  } else {
    state_ = State::kBody;
    body_ = std::make_unique<http::BodyReader>(head.framing);
    link_.setDeadline(link_.now() + link_.limits().bodyIdle);
  }
  exchange_ = &beginExchange(worker, *this, link_.facts());
  exchange_->onRequest(head, ends);
  return true;
}

bool Http1Client::readBody(std::string_view& bytes) {
  const Result<std::string_view> piece = body_->next(bytes);
  if (!piece.ok()) {
    bytes = {};
    if (!breakBody(400, "The request's body is malformed.\n")) close();
    return false;
  }
  expects_ = false;
  link_.setDeadline(link_.now() + link_.limits().bodyIdle);
  if (!piece->empty()) takeBody(*piece);
  if (state_ == State::kBody && body_->done()) endBody();
  return true;
}

void Http1Client::takeBody(std::string_view piece) {
  if (discarding_ || exchange_ == nullptr) {
    discarded_ += piece.size();
    if (discarded_ > kDiscardBytesMax && answered_) close();
    return;
  }
  owed_ += piece.size();
  exchange_->onRequestBody(piece);
  if (owed_ > kQueueHigh && !readingPaused_ && state_ != State::kClosing) {
    readingPaused_ = true;
    link_.pauseReading();
    link_.setDeadline(Instant::max());
  }
}

void Http1Client::bodyConsumed(std::size_t bytes) {
  owed_ -= std::min(owed_, bytes);
  if (!readingPaused_ || owed_ > kQueueLow) return;
  readingPaused_ = false;
  link_.resumeReading();
  if (state_ == State::kBody) link_.setDeadline(link_.now() + link_.limits().bodyIdle);
}

void Http1Client::endBody() {
  const std::unique_ptr<http::BodyReader> body = std::move(body_);
  state_ = State::kAnswering;
  link_.setDeadline(Instant::max());
  if (exchange_ == nullptr) return beginNext();
  if (!discarding_) exchange_->onRequestEnd(body->trailers());
}

void Http1Client::discardBody() {
  discarding_ = true;
  owed_ = 0;
  if (!readingPaused_) return;
  readingPaused_ = false;
  link_.resumeReading();
}

// The exchange says what is wrong, as the last thing on this connection. False: it is too late for that.
bool Http1Client::breakBody(int status, std::string_view why) {
  if (exchange_ == nullptr) return false;
  if (headSent_) {
    std::exchange(exchange_, nullptr)->onClientGone();
    return false;
  }
  keepAlive_ = false;
  discarding_ = true;
  state_ = State::kAnswering;
  exchange_->onRequestBroken(status, why);
  return true;
}

// An answer without an exchange: what was asked cannot be understood.
void Http1Client::refuse(const http::RequestIndex& head, int status, std::string_view why) {
  state_ = State::kClosing;
  reportRefused(link_.worker(), link_.facts(), head, status);
  std::string& out = link_.output();
  appendStatusLine(status, http::reasonPhrase(status), out);
  out.append(link_.worker().dateLine());
  out.append("Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: ");
  out.append(std::to_string(why.size())).append("\r\n\r\n").append(why);
  link_.closeWhenSent();
}

// A line's end shows what there is of the head that does not come.
void Http1Client::refuseLate() {
  http::RequestIndex& head = link_.worker().requestIndex();
  const auto outcome =
      http::parseRequestHead(pending_.substr(pendingUsed_) + "\n", link_.worker().table()->runtime->headLimits, head);
  if (outcome.kind != http::ParseOutcome::Kind::kBad) head.clear();
  refuse(head, 408, "The request did not come in time.\n");
}

void Http1Client::sendInterim(int status, std::string_view fieldLines) {
  if (minorVersion0_) return;
  if (status == 100) expects_ = false;
  std::string& out = link_.output();
  appendStatusLine(status, http::reasonPhrase(status), out);
  out.append(fieldLines).append("\r\n");
  link_.flush();
}

void Http1Client::sendHead(int status, std::string_view reason, std::string_view fieldLines, bool end) {
  headSent_ = true;
  std::string& out = link_.output();
  appendStatusLine(status, reason, out);
  out.append(fieldLines);
  std::string_view framing;
  answer_ = Framing::kNone;
  if (headRequest_ || hasNoBody(status)) {
  } else if (saysLength(fieldLines)) {
    answer_ = Framing::kLength;
  } else if (end) {
    framing = "Content-Length: 0\r\n";
  } else if (minorVersion0_) {
    answer_ = Framing::kUntilClose;
    keepAlive_ = false;
  } else {
    answer_ = Framing::kChunked;
    framing = "Transfer-Encoding: chunked\r\n";
  }
  out.append(framing);
  // Whether the body that it announced still comes cannot be known (RFC 9110 10.1.1).
  if (link_.draining() || (expects_ && state_ == State::kBody)) keepAlive_ = false;
  if (status == 101) {
  } else if (!keepAlive_) {
    out.append("Connection: close\r\n");
  } else if (minorVersion0_) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  answered_ = end;
  link_.flush();
}

std::size_t Http1Client::sendBody(std::string_view bytes) {
  if (bytes.empty()) return link_.queued();
  if (answer_ == Framing::kNone && state_ != State::kTunnel) return link_.queued();
  std::string& out = link_.output();
  if (answer_ == Framing::kChunked) appendChunkLine(bytes.size(), out);
  if (bytes.size() >= kLargeBytes) {
    link_.sendLarge(bytes);
  } else {
    out.append(bytes);
    link_.flush();
  }
  if (answer_ == Framing::kChunked) link_.output().append("\r\n");
  const std::size_t queued = link_.queued();
  wasHigh_ = wasHigh_ || queued > kQueueHigh;
  return queued;
}

void Http1Client::sendEnd(std::string_view trailerLines) {
  answered_ = true;
  if (state_ == State::kTunnel) {
    if (!clientEnded_) {
      link_.shutdownWrite();
      link_.setDeadline(link_.now() + link_.limits().bodyIdle);
    }
    return link_.flush();
  }
  if (answer_ == Framing::kChunked) link_.output().append("0\r\n").append(trailerLines).append("\r\n");
  link_.flush();
}

void Http1Client::cut() {
  exchange_ = nullptr;
  if (answer_ == Framing::kUntilClose && state_ != State::kTunnel) {
    // Only a reset tells this apart from a whole answer.
    state_ = State::kClosing;
    return link_.closeNow();
  }
  close();
}

void Http1Client::close() {
  state_ = State::kClosing;
  link_.closeWhenSent();
}

void Http1Client::beginTunnel() {
  state_ = State::kTunnel;
  answer_ = Framing::kNone;
  link_.setDeadline(Instant::max());
}

void Http1Client::onTaken(std::size_t left) {
  if (wasHigh_ && left <= kQueueLow && !answered_ && exchange_ != nullptr) {
    wasHigh_ = false;
    exchange_->onClientWritable();
  }
  if (state_ == State::kAnswering || state_ == State::kTunnel) {
    if (left > 0) {
      // A client that takes nothing for so long is not there any more.
      link_.setDeadline(link_.now() + link_.limits().bodyIdle);
    } else if (!answered_ && exchange_ != nullptr) {
      link_.setDeadline(Instant::max());
    }
  }
  if (left == 0 && answered_ && exchange_ != nullptr) finishExchange();
}

// The answer left.
void Http1Client::finishExchange() {
  if (state_ == State::kTunnel) {
    if (!clientEnded_) return;
    std::exchange(exchange_, nullptr)->onAnswerSent();
    return close();
  }
  std::exchange(exchange_, nullptr)->onAnswerSent();
  if (state_ == State::kClosing) return;
  if (!keepAlive_) return close();
  if (state_ == State::kAnswering) return beginNext();
  // The rest of the body, which nobody wants.
  link_.setDeadline(link_.now() + kDiscardTime);
  if (discarded_ > kDiscardBytesMax) close();
}

void Http1Client::beginNext() {
  state_ = State::kIdle;
  body_.reset();
  idleDeadline();
  if (readingPaused_) {
    readingPaused_ = false;
    link_.resumeReading();
  }
  if (!pending_.empty() && !inRead_) readPending();
}

void Http1Client::onEnd() {
  switch (state_) {
    case State::kTunnel:
      clientEnded_ = true;
      if (exchange_ == nullptr) return close();
      exchange_->onRequestEnd({});
      return link_.flush();
    case State::kClosing:
      return;
    case State::kIdle:
      return close();
    case State::kHead:
      return link_.closeNow();
    case State::kBody:
    case State::kAnswering:
      // It may read what is on its way; else it is gone (decision in line with the field: nobody half-closes).
      if (answered_) {
        keepAlive_ = false;
        return link_.flush();
      }
      return link_.closeNow();
  }
}

void Http1Client::onGone() {
  state_ = State::kClosing;
  if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->onClientGone();
}

void Http1Client::onDeadline() {
  switch (state_) {
    case State::kIdle:
      return close();
    case State::kHead:
      return refuseLate();
    case State::kBody:
      if (!breakBody(408, "The request's body did not come in time.\n")) link_.closeNow();
      return;
    case State::kAnswering:
    case State::kTunnel:
    case State::kClosing:
      return link_.closeNow();
  }
}

void Http1Client::onDrain() {
  if (state_ == State::kIdle) idleDeadline();
}

}  // namespace orbit::edge

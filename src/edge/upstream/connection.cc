#include "edge/upstream/connection.h"

#include <algorithm>

#include "edge/exchange/exchange.h"
#include "edge/worker/chunk_line.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {

using http::Framing;

bool UpstreamConnection::connect(net::Descriptor socket, PoolAttempt& attempt) {
  attempt_ = &attempt;
  worker_.reactor().timers().arm(*this, worker_.now() + attempt.wish().config->connectTimeout);
  return open(std::move(socket), true);
}

void UpstreamConnection::onConnected() {
  begin();
}

void UpstreamConnection::serve(PoolAttempt& attempt) {
  attempt_ = &attempt;
  reused_ = true;
  attempt.attach(this);
  begin();
}

void UpstreamConnection::begin() {
  phase_ = Phase::kHead;
  keepAlive_ = false;
  answerBegan_ = false;
  wasHigh_ = false;
  interims_ = 0;
  requestEnded_ = attempt_->wish().bodyless;
  worker_.reactor().timers().arm(*this, worker_.now() + attempt_->wish().config->headTimeout);
  flush();
  attempt_->owner().onAttemptReady(output());
}

std::size_t UpstreamConnection::sendBody(std::string_view bytes) {
  if (phase_ != Phase::kTunnel && attempt_->wish().chunked) {
    std::string& out = output();
    appendChunkLine(bytes.size(), out);
    out.append(bytes).append("\r\n");
    flush();
  } else if (bytes.size() >= kLargeBytes) {
    sendLarge(bytes);
  } else {
    output().append(bytes);
    flush();
  }
  if (phase_ == Phase::kHead) {
    worker_.reactor().timers().arm(*this, worker_.now() + attempt_->wish().config->headTimeout);
  }
  wasHigh_ = wasHigh_ || queued() > kQueueHigh;
  return queued();
}

void UpstreamConnection::sendEnd(std::string_view trailerLines) {
  if (phase_ == Phase::kTunnel) {
    requestEnded_ = true;
    return shutdownWrite();
  }
  requestEnded_ = true;
  if (!attempt_->wish().chunked) return;
  output().append("0\r\n").append(trailerLines).append("\r\n");
  flush();
}

void UpstreamConnection::onTaken(std::size_t left) {
  if (phase_ == Phase::kLeaving && left == 0) return discard();
  if (!wasHigh_ || left > kQueueLow || attempt_ == nullptr) return;
  wasHigh_ = false;
  attempt_->owner().onAttemptWritable();
}

void UpstreamConnection::resume() {
  resumeReading();
  if (phase_ == Phase::kBody) {
    worker_.reactor().timers().arm(*this, worker_.now() + attempt_->wish().config->idleTimeout);
  }
}

void UpstreamConnection::onRead(std::string_view bytes) {
  switch (phase_) {
    case Phase::kConnecting:
    case Phase::kIdle:
    case Phase::kLeaving:
      return discard();  // nobody asked
    case Phase::kHead:
      answerBegan_ = true;
      return readHead(bytes);
    case Phase::kBody:
      worker_.reactor().timers().arm(*this, worker_.now() + attempt_->wish().config->idleTimeout);
      return readBody(bytes);
    case Phase::kTunnel:
      return attempt_->owner().onAttemptBody(bytes);
  }
}

void UpstreamConnection::readHead(std::string_view bytes) {
  std::string held;  // keeps what `bytes` points to while it is read
  if (!pending_.empty()) {
    pending_.append(bytes);
    // A head that trickles in is looked at when it can be whole, or too long.
    const bool wait = pending_.size() > kHeadReadAnewBytesMax && pending_.size() <= http::HeadLimits{}.headBytesMax &&
                      bytes.find('\n') == std::string_view::npos;
    if (wait) return;
    held = std::exchange(pending_, {});
    bytes = held;
  }
  for (;;) {
    http::ResponseIndex& head = worker_.responseIndex();
    const http::ParseOutcome outcome = http::parseResponseHead(bytes, {}, attempt_->wish().method, head);
    if (outcome.kind == http::ParseOutcome::Kind::kBad) return fail(AttemptFailure::kMalformed);
    if (outcome.kind == http::ParseOutcome::Kind::kMore) {
      if (bytes.size() < held.size()) held.erase(0, held.size() - bytes.size());
      pending_ = held.empty() ? std::string(bytes) : std::move(held);
      return;
    }
    bytes.remove_prefix(outcome.size);
    if (head.status >= 200 || head.status == 101) {
      if (takeHead(head, !bytes.empty())) readBody(bytes);
      return;
    }
    if (++interims_ > kInterimMax) return fail(AttemptFailure::kMalformed);
    PoolAttempt* const before = attempt_;
    before->owner().onAttemptInterim(head);
    if (!isOpen() || attempt_ != before) return;
    if (bytes.empty()) return;
  }
}

bool UpstreamConnection::takeHead(http::ResponseIndex& head, bool more) {
  framing_ = head.framing.kind;
  left_ = head.framing.length;
  keepAlive_ = head.keepAlive;
  PoolAttempt* const attempt = attempt_;
  if (head.status == 101) {
    phase_ = Phase::kTunnel;
    requestEnded_ = false;  // our half of the tunnel, from now on
    Timer::cancel();
  } else if (framing_ == Framing::Kind::kNone || (framing_ == Framing::Kind::kLength && left_ == 0)) {
    leave(!more).finish().onAttemptHead(head, true);
    return false;
  } else {
    phase_ = Phase::kBody;
    worker_.reactor().timers().arm(*this, worker_.now() + attempt->wish().config->idleTimeout);
    if (framing_ == Framing::Kind::kChunked) chunks_ = http::BodyReader(head.framing);
  }
  attempt->owner().onAttemptHead(head, false);
  return isOpen() && attempt_ == attempt && more;
}

void UpstreamConnection::readBody(std::string_view bytes) {
  switch (framing_) {
    case Framing::Kind::kNone:
    case Framing::Kind::kUntilClose:
      return attempt_->owner().onAttemptBody(bytes);
    case Framing::Kind::kChunked:
      return readChunks(bytes);
    case Framing::Kind::kLength:
      break;
  }
  const std::string_view piece =
      bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
  left_ -= piece.size();
  PoolAttempt* const attempt = attempt_;
  attempt->owner().onAttemptBody(piece);
  if (left_ == 0 && isOpen() && attempt_ == attempt) finish(piece.size() == bytes.size(), {});
}

void UpstreamConnection::readChunks(std::string_view bytes) {
  PoolAttempt* const attempt = attempt_;
  for (;;) {
    const Result<std::string_view> piece = chunks_.next(bytes);
    if (!piece.ok()) return fail(AttemptFailure::kBroken);
    if (!piece->empty()) {
      attempt->owner().onAttemptBody(*piece);
      if (!isOpen() || attempt_ != attempt) return;
    } else if (chunks_.done()) {
      return finish(bytes.empty(), chunks_.trailers());
    } else if (bytes.empty()) {
      return;
    }
  }
}

// The answer is whole. `clean`: nothing came behind it.
void UpstreamConnection::finish(bool clean, std::string_view trailers) {
  const std::string lines(trailers);  // the decoder may serve another answer before the owner has read them
  leave(clean).finish().onAttemptEnd(lines);
}

// Lets go of the attempt; the connection goes back to its pool or is closed.
PoolAttempt& UpstreamConnection::leave(bool reusable) {
  PoolAttempt& attempt = *std::exchange(attempt_, nullptr);
  resumeReading();
  if (reusable && keepAlive_ && requestEnded_ && queued() == 0 && !peerEnded()) {
    phase_ = Phase::kIdle;
    idleSince_ = worker_.now();
    pool_.release(*this);
  } else {
    discard();
  }
  return attempt;
}

void UpstreamConnection::discard() {
  Timer::cancel();  // it could still fire in this turn
  pool_.gone(*this);
  close();
}

void UpstreamConnection::cancel() {
  attempt_ = nullptr;
  // Both halves of a tunnel have ended, but what the client said last is still on its way.
  if (phase_ == Phase::kTunnel && requestEnded_ && queued() > 0) {
    phase_ = Phase::kLeaving;
    worker_.reactor().timers().arm(*this, worker_.now() + kLeaveTime);
    return;
  }
  discard();
}

void UpstreamConnection::fail(AttemptFailure failure) {
  PoolAttempt& attempt = *std::exchange(attempt_, nullptr);
  discard();
  attempt.fail(failure);
}

void UpstreamConnection::onReadEnd() {
  if (phase_ == Phase::kBody && framing_ == Framing::Kind::kUntilClose) return finish(false, {});
  // Our half goes on until the owner ends it.
  if (phase_ == Phase::kTunnel) return attempt_->owner().onAttemptEnd({});
  lost();
}

void UpstreamConnection::onBroken(int) {
  lost();
}

void UpstreamConnection::lost() {
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kLeaving:
      return discard();
    case Phase::kConnecting:
      return fail(AttemptFailure::kConnect);
    case Phase::kHead:
      break;
    case Phase::kBody:
    case Phase::kTunnel:
      return fail(AttemptFailure::kBroken);
  }
  // An instance closes an idle connection just as it is used again: that says nothing of the instance (decision 26).
  if (!reused_ || answerBegan_ || !attempt_->replayable()) return fail(AttemptFailure::kReset);
  PoolAttempt& attempt = *std::exchange(attempt_, nullptr);
  discard();
  pool_.startOnNew(attempt);
}

void UpstreamConnection::onTimer() {
  switch (phase_) {
    case Phase::kIdle:
    case Phase::kTunnel:
      return;
    case Phase::kLeaving:
      return discard();
    case Phase::kConnecting:
      return fail(AttemptFailure::kConnectTimeout);
    case Phase::kHead:
      return fail(AttemptFailure::kHeadTimeout);
    case Phase::kBody:
      // Silent because the client does not read: that is the client's connection's to end.
      if (isReading()) fail(AttemptFailure::kBroken);
  }
}

}  // namespace orbit::edge

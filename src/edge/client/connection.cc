#include "edge/client/connection.h"

#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113 3.4

}  // namespace

ClientConnection::ClientConnection(Worker& worker, const net::PeerAddress& peer,
                                   std::shared_ptr<const ListenerRuntime> listener)
    : Channel(worker), listener_(std::move(listener)), table_(worker.table()) {
  facts_.peer = peer;
  facts_.peerText = peer.text();
  facts_.listener = listener_.get();
  facts_.tls = listener_->config.protocol == model::TableListener::Protocol::kHttps;
}

ClientConnection::~ClientConnection() = default;

bool ClientConnection::accept(Worker& worker, net::Accepted accepted, std::shared_ptr<const ListenerRuntime> listener) {
  std::unique_ptr<ClientConnection> connection(new ClientConnection(worker, accepted.peer, std::move(listener)));
  ClientConnection& self = *connection;
  if (self.facts_.tls) {
    if (worker.tls() != nullptr) self.tls_ = worker.tls()->accept();
    if (!self.tls_) return false;
    self.facts_.session = self.tls_.get();
    self.stage_ = Stage::kHandshake;
  }
  if (!self.open(std::move(accepted.descriptor), false)) return false;
  worker.clients().insert(connection.release());
  worker.counted().connections.fetch_add(1, std::memory_order_relaxed);
  self.setDeadline(worker.now() + (self.tls_ ? self.limits().handshake : self.limits().keepAlive));
  return true;
}

Instant ClientConnection::now() const {
  return worker_.now();
}

bool ClientConnection::draining() const {
  return worker_.draining();
}

std::string& ClientConnection::output() {
  if (!tls_) return Channel::output();
  if (plain_.capacity() < kBufferBytesMin) worker_.takeBuffer(plain_);
  return plain_;
}

void ClientConnection::sendLarge(std::string_view bytes) {
  if (!tls_) return Channel::sendLarge(bytes);
  if (feeding_) {  // the session is busy with what came in
    output().append(bytes);
    return flush();
  }
  encrypt();
  tls_->write(bytes, Channel::output());
  flush();
}

void ClientConnection::encrypt() {
  if (!plain_.empty()) tls_->write(plain_, Channel::output());
  worker_.giveBuffer(plain_);
  if (std::exchange(closeNotify_, false)) tls_->close(Channel::output());
}

void ClientConnection::setDeadline(Instant due) {
  worker_.reactor().timers().arm(*this, due);
}

void ClientConnection::onRead(std::string_view bytes) {
  if (stage_ == Stage::kLingering || stage_ == Stage::kFlushing) {
    lingered_ += bytes.size();
    if (lingered_ > kDiscardBytesMax) closeNow();
    return;
  }
  if (tls_) return readTls(bytes);
  takePlain(bytes);
}

void ClientConnection::readTls(std::string_view bytes) {
  std::string& wire = Channel::output();
  const std::size_t before = wire.size();
  feeding_ = true;
  const net::TlsSession::State state = tls_->feed(
      bytes, [this](std::string_view plain) { takePlain(plain); }, wire);
  feeding_ = false;
  if (!isOpen()) return;
  if (wire.size() > before) flush();
  if (stage_ == Stage::kHandshake && state == net::TlsSession::State::kOpen) {
    facts_.serverName = tls_->serverName();
    // RFC 8737 3: nothing but the certificate was asked for.
    if (tls_->protocol() == "acme-tls/1") return closeWhenSent();
    startProtocol(tls_->protocol() == "h2");
  }
  if (stage_ != Stage::kHandshake && stage_ != Stage::kOpen) return;
  if (state == net::TlsSession::State::kFailed) {
    if (stage_ == Stage::kHandshake) return closeWhenSent();  // the alert
    return closeNow();
  }
  if (state == net::TlsSession::State::kClosed) onReadEnd();
}

void ClientConnection::takePlain(std::string_view bytes) {
  // With the end of the handshake, in one piece.
  if (stage_ == Stage::kHandshake) {
    facts_.serverName = tls_->serverName();
    startProtocol(tls_->protocol() == "h2");
  }
  if (stage_ == Stage::kPreface) return choosePreface(bytes);
  if (stage_ == Stage::kOpen) protocol_->onBytes(bytes);
}

void ClientConnection::choosePreface(std::string_view bytes) {
  const std::string first = std::exchange(plain_, {}).append(bytes);
  const std::size_t size = std::min(first.size(), kPreface.size());
  if (first.compare(0, size, kPreface, 0, size) == 0 && size < kPreface.size()) {
    plain_ = first;
    setDeadline(now() + limits().headTimeout);
    return;
  }
  startProtocol(size == kPreface.size() && first.compare(0, size, kPreface) == 0);
  protocol_->onBytes(first);
}

void ClientConnection::startProtocol(bool http2) {
  stage_ = Stage::kOpen;
  protocol_ = http2 ? makeHttp2(*this) : makeHttp1(*this);
}

void ClientConnection::onReadEnd() {
  if (stage_ == Stage::kOpen) return protocol_->onEnd();
  if (stage_ == Stage::kFlushing) return;  // what is queued still goes out
  leave(false);
}

void ClientConnection::onBroken(int) {
  leave(true);
}

bool ClientConnection::fill() {
  if (stage_ != Stage::kOpen) {
    if (tls_) encrypt();
    return false;
  }
  std::string& out = output();
  const bool more = protocol_->fill(out, kOutputTurnBytes);
  if (tls_ && isOpen()) encrypt();
  return more;
}

void ClientConnection::onTaken(std::size_t left) {
  if (left > 0 && stage_ == Stage::kFlushing) setDeadline(now() + limits().bodyIdle);
  if (protocol_ && (stage_ == Stage::kOpen || stage_ == Stage::kFlushing)) protocol_->onTaken(left);
  if (!isOpen() || left > 0 || stage_ != Stage::kFlushing) return;
  if (peerEnded()) return leave(false);
  stage_ = Stage::kLingering;
  resumeReading();
  setDeadline(now() + kLinger);
}

void ClientConnection::shutdownWrite() {
  closeNotify_ = tls_ != nullptr;
  Channel::shutdownWrite();
}

void ClientConnection::closeWhenSent() {
  if (!isOpen() || stage_ == Stage::kFlushing || stage_ == Stage::kLingering) return;
  if (protocol_ && stage_ == Stage::kOpen) protocol_->fill(output(), kOutputTurnBytes);
  stage_ = Stage::kFlushing;
  setDeadline(now() + limits().bodyIdle);
  resumeReading();
  shutdownWrite();
}

void ClientConnection::closeNow() {
  leave(true);
}

void ClientConnection::leave(bool reset) {
  if (!isOpen()) return;
  worker_.clients().erase(this);
  worker_.counted().connections.fetch_sub(1, std::memory_order_relaxed);
  Timer::cancel();
  close(reset);
  if (protocol_) protocol_->onGone();
}

void ClientConnection::onTimer() {
  if (stage_ == Stage::kOpen) return protocol_->onDeadline();
  leave(stage_ != Stage::kLingering);
}

void ClientConnection::drain() {
  if (stage_ == Stage::kOpen) return protocol_->onDrain();
  if (stage_ == Stage::kPreface) setDeadline(now() + kQuietGrace);
}

}  // namespace orbit::edge

#include "edge/client/tcp.h"

#include <algorithm>

#include "edge/exchange/exchange.h"
#include "edge/worker/worker.h"

namespace orbit::edge {

using signal::Outcome;

std::size_t TcpSession::Side::pass(std::string_view bytes) {
  sendLarge(bytes);
  return queued();
}

TcpSession::TcpSession(Worker& worker, const net::PeerAddress& peer, std::shared_ptr<const ListenerRuntime> listener)
    : worker_(worker),
      peer_(peer),
      listener_(std::move(listener)),
      start_(worker.now()),
      startWallUs_(worker.wallUs()) {}

TcpSession::~TcpSession() = default;

void TcpSession::accept(Worker& worker, net::Accepted accepted, std::shared_ptr<const ListenerRuntime> listener) {
  auto session = std::unique_ptr<TcpSession>(new TcpSession(worker, accepted.peer, std::move(listener)));
  auto side = std::make_unique<Side>(worker, *session, true);
  side->hold();
  if (!side->begin(std::move(accepted.descriptor), false)) return;
  session->client_ = side.release();
  worker.tcpSessions().insert(session.get());
  worker.counted().connections.fetch_add(1, std::memory_order_relaxed);
  session.release()->begin();
}

void TcpSession::begin() {
  table_ = worker_.table();
  service_ = table_->runtime->serviceNumber(listener_->config.service);
  if (service_ < 0) return end(Outcome::kBroken);
  const model::TableService& config = table_->runtime->services[static_cast<std::size_t>(service_)]->config;
  if (!config.paused) return connect();
  pausedAt_ = table_->desks[static_cast<std::size_t>(service_)];
  if (pausedAt_->paused.size() >= config.pausedMax) {
    pausedAt_ = nullptr;
    return end(Outcome::kBroken);
  }
  pausedAt_->paused.push_back(this);
  worker_.counted().paused.fetch_add(1, std::memory_order_relaxed);
  worker_.reactor().timers().arm(*this, start_ + config.pauseTimeout);
}

void TcpSession::onResume() {
  pausedAt_ = nullptr;
  worker_.counted().paused.fetch_sub(1, std::memory_order_relaxed);
  Timer::cancel();
  begin();
}

void TcpSession::leavePaused() {
  if (pausedAt_ == nullptr) return;
  auto& paused = pausedAt_->paused;
  paused.erase(std::find(paused.begin(), paused.end(), this));
  pausedAt_ = nullptr;
  worker_.counted().paused.fetch_sub(1, std::memory_order_relaxed);
}

void TcpSession::connect() {
  const ServiceState& service = *table_->runtime->services[static_cast<std::size_t>(service_)];
  Wish wish;
  wish.notInstance = choice_.instance;
  choice_ = choose(service, wish, worker_.random(), worker_.now());
  if (choice_.instance == nullptr) return end(Outcome::kBroken);
  ++attempts_;
  choice_.instance->active.fetch_add(1, std::memory_order_relaxed);
  Result<net::Descriptor> socket = net::startConnect(choice_.instance->endpoint);
  if (!socket.ok()) return connectFailed();
  auto side = std::make_unique<Side>(worker_, *this, false);
  if (!side->begin(std::move(*socket), true)) return connectFailed();
  upstream_ = side.release();
  worker_.reactor().timers().arm(*this, worker_.now() + service.config.connectTimeout);
}

// Nothing was sent: another instance may do.
void TcpSession::connectFailed() {
  const ServiceState& service = *table_->runtime->services[static_cast<std::size_t>(service_)];
  noteFailure(*choice_.instance, service.config, worker_.now());
  report(signal::Key::Kind::kAttempt, Outcome::kConnectFailed);
  if (upstream_ != nullptr) std::exchange(upstream_, nullptr)->drop(false);
  ServiceDesk& desk = *table_->desks[static_cast<std::size_t>(service_)];
  // As with requests: passive health bounds how often this happens, where there is another instance.
  const bool cheap = service.config.passiveFall > 0 && choice_.release->instances.size() > 1;
  const bool mayRetry = attempts_ <= static_cast<int>(service.config.retriesMax) &&
                        (cheap || desk.budget.take(service.config, worker_.now()));
  if (!mayRetry) {
    choice_.instance = nullptr;
    return end(Outcome::kBroken);
  }
  connect();
}

void TcpSession::onConnected() {
  connected_ = true;
  Timer::cancel();
  noteSuccess(*choice_.instance);
  if (held_) return worker_.reactor().timers().arm(*this, heldUntil_);
  client_->go();
}

void TcpSession::checkPause(const TableRuntime& runtime) {
  if (pausedAt_ != nullptr) return;  // the desk resumes it
  const int number = runtime.serviceNumber(listener_->config.service);
  const model::TableService* config =
      number < 0 ? nullptr : &runtime.services[static_cast<std::size_t>(number)]->config;
  if (config == nullptr || !config->paused) return release();
  if (std::exchange(held_, true)) return;
  heldUntil_ = worker_.now() + config->pauseTimeout;
  client_->hold();
  if (connected_) worker_.reactor().timers().arm(*this, heldUntil_);
}

void TcpSession::release() {
  if (!std::exchange(held_, false) || !connected_) return;
  Timer::cancel();
  if (upstream_->left() <= kQueueHigh) client_->go();
}

void TcpSession::onBytes(bool fromClient, std::string_view bytes) {
  (fromClient ? bytesIn_ : bytesOut_) += bytes.size();
  Side& to = fromClient ? *upstream_ : *client_;
  if (to.pass(bytes) > kQueueHigh) (fromClient ? *client_ : *upstream_).hold();
}

void TcpSession::onTaken(bool client, std::size_t left) {
  Side* const from = client ? upstream_ : client_;
  const bool waits = held_ && from == client_;
  if (left <= kQueueLow && connected_ && from != nullptr && !waits) from->go();
  if (left == 0 && clientEnded_ && upstreamEnded_) {
    const bool otherDone = (client ? upstream_ : client_)->left() == 0;
    if (otherDone) end(Outcome::kAnswered);
  }
}

void TcpSession::onEnd(bool ofClient) {
  if (upstream_ == nullptr || !connected_) return end(Outcome::kClientAborted);
  (ofClient ? clientEnded_ : upstreamEnded_) = true;
  (ofClient ? *upstream_ : *client_).passEnd();
}

void TcpSession::onBroken(bool ofClient) {
  if (!ofClient && !connected_) return connectFailed();
  end(ofClient ? Outcome::kClientAborted : Outcome::kBroken);
}

void TcpSession::onTimer() {
  if (pausedAt_ != nullptr) return end(Outcome::kBroken);
  if (!connected_ && upstream_ != nullptr) return connectFailed();
  release();  // whoever paused it does not come back: what was held goes on
}

void TcpSession::end(Outcome outcome) {
  if (std::exchange(ended_, true)) return;
  leavePaused();
  Timer::cancel();
  if (choice_.instance != nullptr) report(signal::Key::Kind::kAttempt, outcome);
  report(signal::Key::Kind::kRequest, outcome);
  const bool reset = outcome != Outcome::kAnswered;
  client_->drop(reset);
  if (upstream_ != nullptr) upstream_->drop(reset);
  worker_.tcpSessions().erase(this);
  worker_.counted().connections.fetch_sub(1, std::memory_order_relaxed);
  worker_.freeLater(std::unique_ptr<TcpSession>(this));
}

void TcpSession::report(signal::Key::Kind kind, Outcome outcome) {
  if (kind == signal::Key::Kind::kAttempt) choice_.instance->active.fetch_sub(1, std::memory_order_relaxed);
  if (worker_.signals() == nullptr) return;
  signal::Record record;
  record.kind = kind;
  record.wallUs = startWallUs_;
  record.clientHash = peer_.clientHash(worker_.hashSeed());
  signal::Key key;
  key.kind = kind;
  key.service = listener_->config.service;
  if (choice_.release != nullptr) key.release = choice_.release->id;
  if (kind == signal::Key::Kind::kAttempt) key.instance = choice_.instance->id;
  record.series = worker_.signals()->series(key);
  record.sample.outcome = outcome;
  record.sample.latencyUs = static_cast<std::uint64_t>((worker_.now() - start_).count()) / 1000;
  record.sample.bytesIn = bytesIn_;
  record.sample.bytesOut = bytesOut_;
  worker_.signals()->count(record.series, record.sample);
  worker_.signals()->record(record);
}

}  // namespace orbit::edge

#include "edge/exchange/exchange.h"

#include "base/text.h"
#include "edge/exchange/exchange_state.h"
#include "edge/policy/secret.h"
#include "edge/routing/route.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"
#include "net/tls_server.h"

namespace orbit::edge {
namespace {

constexpr std::string_view kChallengePath = "/.well-known/acme-challenge/";
constexpr std::string_view kPlainText = "Content-Type: text/plain; charset=utf-8\r\n";
constexpr std::string_view kRetryAfter = "Retry-After: 5\r\n";

http::IpBytes ipOf(const net::PeerAddress& peer) {
  http::IpBytes bytes{};
  std::copy(std::begin(peer.bytes), std::end(peer.bytes), bytes.begin());
  return bytes;
}

}  // namespace

Exchange& beginExchange(Worker& worker, ClientStream& client, const ClientFacts& facts) {
  ExchangeState& exchange = worker.takeExchange();
  exchange.begin(facts);
  exchange.answerTo(client);
  return exchange;
}

void ExchangeState::begin(const ClientFacts& facts) {
  client_ = nullptr;
  facts_ = &facts;
  table_ = worker_.table();
  servicePin_ = table_;
  service_ = -1;
  compiled_ = nullptr;
  decision_.route = nullptr;
  attempt_ = nullptr;
  choice_ = {};
  lastAttempt_ = {};
  attempts_ = retries_ = status_ = 0;
  attemptReady_ = attemptTunnel_ = shielded_ = clientGone_ = headSent_ = answerEnded_ = requestEnded_ = false;
  bodyUsed_ = readingPaused_ = stream_ = reported_ = attemptReported_ = upstreamEnded_ = noBody_ = false;
  webSocket_ = closeWanted_ = own_ = beacon_ = tagWanted_ = tagging_ = false;
  frameLeft_ = 0;
  frameHeadSize_ = 0;
  latencyUs_ = upstreamUs_ = bytesIn_ = bytesOut_ = 0;
  owed_ = 0;
  phase_ = Phase::kLocal;
}

void ExchangeState::onRequest(http::RequestIndex& head, bool endOfBody) {
  std::swap(request_, head);
  requestEnded_ = endOfBody;
  beginCounting();
  origin_ = http::clientOrigin(request_, ipOf(facts_->peer), facts_->tls, table_->runtime->trusted);
  probe_ = isProbe();
  route();
}

void ExchangeState::beginCounting() {
  start_ = worker_.now();
  startWallUs_ = worker_.wallUs();
  worker_.counted().requests.fetch_add(1, std::memory_order_relaxed);
  makeRequestId();
}

void ExchangeState::route() {
  const auto* acme = worker_.acmeAnswers();
  if (acme != nullptr && !acme->empty() && answerAcme()) return;
  if (misdirected()) {
    return answerPage(421, "This connection was made for another host. Please try again.\n", false, {});
  }
  if (facts_->listener->config.redirectToHttps && answerRedirect()) return;
  if (!facts_->listener->config.service.empty()) {
    return forward(table_->runtime->serviceNumber(facts_->listener->config.service));
  }
  compiled_ = table_->runtime->router->match(request_);
  decide(compiled_, request_, origin_.https, decision_);
  if (decision_.kind == Decision::Kind::kAnswer) {
    return answerLocal(decision_.status, decision_.fieldLines, decision_.body);
  }
  if (!compiled_->vitalsPath.empty() && answerVitals()) return;
  forward(table_->runtime->serviceOfRoute[decision_.number]);
}

// The field is one that only a proxy may say, so no service gets to see it.
bool ExchangeState::isProbe() const {
  constexpr std::uint8_t kLoopback = 127;
  const std::string& key = table_->runtime->table->probeKey;
  const net::PeerAddress& peer = facts_->peer;
  if (key.empty() || peer.family != net::PeerAddress::Family::kV4 || peer.bytes[12] != kLoopback) return false;
  const http::FieldIndex* field = request_.find("x-forwarded-orbit-probe");
  return field != nullptr && sameSecret(request_.at(field->value), key);
}

bool ExchangeState::answerAcme() {
  const std::string_view path = request_.at(request_.path);
  if (!startsWith(path, kChallengePath)) return false;
  const auto answer = worker_.acmeAnswers()->find(std::string(path.substr(kChallengePath.size())));
  if (answer == worker_.acmeAnswers()->end()) return false;
  page_ = answer->second;
  answerLocal(200, kPlainText, page_);
  return true;
}

// RFC 9110 15.5.20: clients use a connection for the names of its certificate (RFC 9113 9.1.1). Another name is a
// mistake, or a way past whoever looked at the name in the handshake.
bool ExchangeState::misdirected() const {
  const std::string_view host = request_.at(request_.host);
  return !facts_->serverName.empty() && facts_->serverName != host && !facts_->session->covers(host);
}

bool ExchangeState::answerRedirect() {
  if (origin_.https || !decideHttps(request_, table_->runtime->httpsPort, decision_)) return false;
  answerLocal(decision_.status, decision_.fieldLines, decision_.body);
  return true;
}

void ExchangeState::forward(int service) {
  service_ = service;
  if (service_ < 0) return answerPage(503, "The service behind this address is not there.\n", false, kRetryAfter);
  if (!this->service()->pinCookieName.empty() && answerPin()) return;
  desk().budget.onRequest(worker_.now());
  if (!waitIfPaused()) ask();
}

bool ExchangeState::pauses(const model::TableService& service) const {
  const std::string_view path = request_.at(request_.path);
  return service.paused &&
         std::find(service.pausePassPaths.begin(), service.pausePassPaths.end(), path) == service.pausePassPaths.end();
}

// True: it waits, or was answered.
bool ExchangeState::waitIfPaused() {
  const model::TableService& config = service()->config;
  if (!pauses(config)) return false;
  auto& paused = desk().paused;
  if (paused.size() >= config.pausedMax) {
    answerPage(503, "This service is being replaced, and many are waiting already. Please try again.\n", false,
               kRetryAfter);
    return true;
  }
  phase_ = Phase::kPaused;
  paused.push_back(this);
  worker_.counted().paused.fetch_add(1, std::memory_order_relaxed);
  worker_.reactor().timers().arm(*this, start_ + config.pauseTimeout);
  return true;
}

void ExchangeState::leavePaused() {
  auto& paused = desk().paused;
  paused.erase(std::find(paused.begin(), paused.end(), this));
  worker_.counted().paused.fetch_sub(1, std::memory_order_relaxed);
  Timer::cancel();
  phase_ = Phase::kLocal;
}

// The worker took this out of the desk's list.
void ExchangeState::onResume() {
  worker_.counted().paused.fetch_sub(1, std::memory_order_relaxed);
  Timer::cancel();
  phase_ = Phase::kLocal;
  useCurrentTable();
  if (service_ < 0) return answerPage(503, "The service behind this address is gone.\n", false, kRetryAfter);
  ask();
}

void ExchangeState::onTimer() {
  if (phase_ == Phase::kPaused) {
    leavePaused();
    return answerPage(503, "This service is being replaced. Please try again in a moment.\n", false, kRetryAfter);
  }
  if (phase_ == Phase::kTunnel) closeTunnel();
}

void ExchangeState::onRequestBody(std::string_view bytes) {
  if (phase_ == Phase::kTunnel) {
    bytesIn_ += bytes.size();
    if (attempt_->sendBody(bytes) > kQueueHigh) {
      owed_ += bytes.size();
    } else {
      client_->bodyConsumed(bytes.size());
    }
    return;
  }
  if (answerEnded_) return client_->bodyConsumed(bytes.size());
  bytesIn_ += bytes.size();
  std::uint64_t bytesMax = decision_.route == nullptr ? 0 : decision_.route->bodyBytesMax;
  if (beacon_) bytesMax = kBeaconBytesMax;
  if (bytesMax > 0 && bytesIn_ > bytesMax) {
    return onRequestBroken(413, "The request's body is larger than this address takes.\n");
  }
  if (attempt_ == nullptr || !attemptReady_) {
    held_.append(bytes);
    owed_ += bytes.size();
    return;
  }
  bodyUsed_ = true;
  if (attempt_->sendBody(bytes) > kQueueHigh) {
    owed_ += bytes.size();
  } else {
    client_->bodyConsumed(bytes.size());
  }
}

// It is no fault of the release's that was asked, which only shows now.
void ExchangeState::onRequestBroken(int status, std::string_view why) {
  if (attempt_ != nullptr) {
    std::exchange(attempt_, nullptr)->cancel();
    reportAttempt(signal::Outcome::kClientAborted, 0);
  }
  if (phase_ == Phase::kPaused) leavePaused();
  if (headSent_) return cutAnswer();
  choice_ = {};
  answerPage(status, why, false, {});
}

void ExchangeState::onRequestEnd(std::string_view trailerLines) {
  requestEnded_ = true;
  if (phase_ == Phase::kTunnel) return endTunnelHalf();
  if (beacon_) return answerBeacon();
  trailers_ = trailerLines;
  if (attempt_ != nullptr && attemptReady_) endAttemptBody();
}

// The client sends no more; it may still read.
void ExchangeState::endTunnelHalf() {
  attempt_->sendEnd({});
  if (!upstreamEnded_) return;
  std::exchange(attempt_, nullptr)->cancel();
  if (answerEnded_) maybeFree();
}

void ExchangeState::onAttemptWritable() {
  if (owed_ > 0 && !clientGone_) client_->bodyConsumed(std::exchange(owed_, 0));
}

void ExchangeState::onClientWritable() {
  if (!readingPaused_) return;
  readingPaused_ = false;
  if (attempt_ != nullptr) attempt_->resumeReading();
}

void ExchangeState::onClientGone() {
  clientGone_ = true;
  if (phase_ == Phase::kPaused) leavePaused();
  if (attempt_ != nullptr) {
    std::exchange(attempt_, nullptr)->cancel();
    if (!attemptReported_) reportAttempt(signal::Outcome::kClientAborted, choice_.release == nullptr ? 0 : status_);
  }
  if (!reported_) reportRequest(signal::Outcome::kClientAborted);
  answerEnded_ = true;
  maybeFree();
}

void ExchangeState::onAnswerSent() {
  if (!reported_) reportRequest(signal::Outcome::kAnswered);
  clientGone_ = true;
  if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->cancel();
  maybeFree();
}

void ExchangeState::maybeFree() {
  if (!clientGone_ || attempt_ != nullptr) return;
  if (phase_ == Phase::kFree) return;
  if (attemptTunnel_) {
    worker_.tunnels().erase(this);
    choice_.instance->active.fetch_sub(1, std::memory_order_relaxed);
    worker_.counted().upgraded.fetch_sub(1, std::memory_order_relaxed);
  }
  phase_ = Phase::kFree;
  Timer::cancel();
  request_.clear();
  table_ = {};
  servicePin_ = {};
  held_.clear();
  held_.shrink_to_fit();
  trailers_.clear();
  page_.clear();
  worker_.giveExchange(*this);
}

std::uint64_t ExchangeState::sinceUs(Instant from) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>((worker_.now() - from).count(), 0)) / 1000;
}

}  // namespace orbit::edge

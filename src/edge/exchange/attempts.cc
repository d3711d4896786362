// Whom an exchange asks, and when it asks again.
#include "edge/exchange/exchange_state.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {

using signal::Outcome;

namespace {

// RFC 9110 9.2.2.
bool isIdempotent(http::Method method) {
  switch (method) {
    case http::Method::kGet:
    case http::Method::kHead:
    case http::Method::kPut:
    case http::Method::kDelete:
    case http::Method::kOptions:
    case http::Method::kTrace:
      return true;
    default:
      return false;
  }
}

Outcome outcomeOf(AttemptFailure failure) {
  switch (failure) {
    case AttemptFailure::kQueueFull:
    case AttemptFailure::kQueueTimeout:
    case AttemptFailure::kConnect:
    case AttemptFailure::kConnectTimeout:
      return Outcome::kConnectFailed;
    case AttemptFailure::kHeadTimeout:
      return Outcome::kTimeout;
    case AttemptFailure::kReset:
    case AttemptFailure::kMalformed:
      return Outcome::kReset;
    case AttemptFailure::kBroken:
      return Outcome::kBroken;
  }
  return Outcome::kReset;
}

bool nothingWasSent(AttemptFailure failure) {
  return failure == AttemptFailure::kConnect || failure == AttemptFailure::kConnectTimeout;
}

bool saysNothingOfTheInstance(AttemptFailure failure) {
  return failure == AttemptFailure::kQueueFull || failure == AttemptFailure::kQueueTimeout;
}

}  // namespace

// Instances may have been replaced since this request came: another attempt goes where the service is now. Null: it is
// no more.
const ServiceState* ExchangeState::currentService() const {
  const TablePin& current = worker_.table();
  if (current.get() == servicePin_.get()) return service();
  const int number = current->runtime->serviceNumber(service()->config.name);
  return number < 0 ? nullptr : current->runtime->services[static_cast<std::size_t>(number)].get();
}

void ExchangeState::useCurrentTable() {
  const TablePin& current = worker_.table();
  if (current.get() == servicePin_.get()) return;
  service_ = current->runtime->serviceNumber(service()->config.name);
  choice_ = {};
  servicePin_ = current;
}

// The one that was asked last, as `state` has it; null when it is there no more.
const ReleaseState* ExchangeState::askedRelease(const ServiceState& state) const {
  for (const ReleaseState& release : state.releases) {
    if (release.id == choice_.release->id) return &release;
  }
  return nullptr;
}

Choice ExchangeState::chooseInstance(Choosing choosing, const ServiceState& state) {
  Wish wish;
  if (!state.releaseCookieName.empty() || !state.instanceCookieName.empty() || !state.pinCookieName.empty()) {
    if (const http::FieldIndex* field = cookie()) {
      const std::string_view cookies = request_.at(field->value);
      if (!state.releaseCookieName.empty()) wish.releaseCookie = cookieValue(cookies, state.releaseCookieName);
      if (!state.pinCookieName.empty()) wish.pin = cookieValue(cookies, state.pinCookieName);
      if (!state.instanceCookieName.empty()) wish.instanceCookie = cookieValue(cookies, state.instanceCookieName);
    }
  }
  if (choosing == Choosing::kRetry) {
    const ReleaseState* asked = askedRelease(state);
    // A table that came meanwhile may have no place for visitors there.
    const bool serves = asked != nullptr && !asked->instances.empty() && (!asked->draining || &state == service());
    if (serves) wish.onRelease = asked;
    wish.notInstance = choice_.instance;
  } else if (choosing == Choosing::kShield) {
    wish.notRelease = askedRelease(state);
  }
  return choose(state, wish, worker_.random(), worker_.now());
}

void ExchangeState::ask() {
  startAttempt(chooseInstance(Choosing::kFirst, *service()));
}

// By a choice made from the worker's current table.
void ExchangeState::startAttempt(const Choice& choice) {
  if (choice.instance == nullptr) {
    return answerPage(503, "No instance of the service behind this address can answer.\n", false, "Retry-After: 5\r\n");
  }
  const bool keepCookies = choice_.release != nullptr && choice_.release->id == choice.release->id;
  const bool setRelease = choice_.setReleaseCookie, setInstance = choice_.setInstanceCookie;
  const std::uint32_t draw = choice_.draw;
  useCurrentTable();
  choice_ = choice;
  if (keepCookies) {
    if (setRelease && !choice_.setReleaseCookie) choice_.draw = draw;
    choice_.setReleaseCookie = choice_.setReleaseCookie || setRelease;
    choice_.setInstanceCookie = choice_.setInstanceCookie || setInstance;
  }
  ++attempts_;
  phase_ = Phase::kAsking;
  attemptReady_ = attemptReported_ = false;
  attemptStart_ = worker_.now();
  attemptBytesOut_ = 0;
  choice_.instance->active.fetch_add(1, std::memory_order_relaxed);
  AttemptWish wish;
  wish.instance = choice_.instance;
  wish.config = &service()->config;
  wish.method = request_.method;
  wish.bodyless = request_.framing.kind == http::Framing::Kind::kNone && !request_.upgrade;
  wish.replayable = isIdempotent(request_.method) && wish.bodyless;
  wish.chunked = request_.framing.kind == http::Framing::Kind::kChunked;
  attempt_ = &worker_.upstreams().make(*this, wish);
  attempt_->start();
}

void ExchangeState::onAttemptReady(std::string& out) {
  attemptReady_ = true;
  writeUpstreamHead(request_, {compiled_, &origin_, requestIdText_, tagWanted_}, out);
  if (!held_.empty()) {
    bodyUsed_ = true;
    attempt_->sendBody(held_);
    held_.clear();
  }
  if (owed_ > 0) client_->bodyConsumed(std::exchange(owed_, 0));
  if (requestEnded_) endAttemptBody();
}

void ExchangeState::endAttemptBody() {
  if (trailers_.empty()) return attempt_->sendEnd({});
  std::string lines;
  writeUpstreamTrailers(request_, trailers_, compiled_, lines);
  attempt_->sendEnd(lines);
}

bool ExchangeState::mayShield() const {
  return choice_.release != nullptr && choice_.release->watched && !shielded_ && !headSent_ && requestEnded_ &&
         bytesIn_ == 0 && (request_.method == http::Method::kGet || request_.method == http::Method::kHead);
}

// The attempt failed, or answered 5xx, on a release that is being watched: another release answers. True when it does.
bool ExchangeState::tryShield(Outcome outcome, int status) {
  if (!mayShield()) return false;
  const ServiceState* const state = currentService();
  if (state == nullptr || (state != service() && pauses(state->config))) return false;
  const Choice choice = chooseInstance(Choosing::kShield, *state);
  if (choice.instance == nullptr || choice.release->id == choice_.release->id) return false;
  shielded_ = true;
  if (outcome == Outcome::kAnswered) noteSuccess(*choice_.instance);
  reportAttempt(Outcome::kShielded, status);
  if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->cancel();
  startAttempt(choice);
  return true;
}

bool ExchangeState::tryRetry(AttemptFailure failure) {
  if (headSent_ || bodyUsed_ || retries_ >= static_cast<int>(service()->config.retriesMax)) return false;
  const bool safe =
      nothingWasSent(failure) || ((failure == AttemptFailure::kReset || failure == AttemptFailure::kMalformed) &&
                                  isIdempotent(request_.method) && bytesIn_ == 0 && !request_.upgrade);
  if (!safe) return false;
  // A refused connection costs nobody anything, and passive health bounds how many there are: no budget is needed where
  // another instance can answer.
  const bool cheap =
      failure == AttemptFailure::kConnect && service()->config.passiveFall > 0 && choice_.release->instances.size() > 1;
  if (!cheap && !desk().budget.take(service()->config, worker_.now())) return false;
  const ServiceState* const state = currentService();
  if (state == nullptr) return false;
  ++retries_;
  if (state != service() && pauses(state->config)) {
    useCurrentTable();
    waitIfPaused();
  } else {
    startAttempt(chooseInstance(Choosing::kRetry, *state));
  }
  return true;
}

void ExchangeState::onAttemptFailed(AttemptFailure failure) {
  attempt_ = nullptr;
  if (!saysNothingOfTheInstance(failure)) noteFailure(*choice_.instance, service()->config, worker_.now());
  if (phase_ == Phase::kTunnel) {
    upstreamEnded_ = true;
    return cutAnswer();
  }
  if (tryShield(outcomeOf(failure), 0)) return;
  reportAttempt(outcomeOf(failure), headSent_ ? status_ : 0);
  if (headSent_) return cutAnswer();
  if (!tryRetry(failure)) answerFailure(failure);
}

void ExchangeState::answerFailure(AttemptFailure failure) {
  switch (failure) {
    case AttemptFailure::kQueueFull:
    case AttemptFailure::kQueueTimeout:
      return answerPage(503, "This service is too busy at the moment. Please try again.\n", false,
                        "Retry-After: 5\r\n");
    case AttemptFailure::kHeadTimeout:
    case AttemptFailure::kConnectTimeout:
      return answerPage(504, "The service behind this address did not answer in time.\n", false, {});
    default:
      return answerPage(502, "The service behind this address could not answer.\n", false, {});
  }
}

}  // namespace orbit::edge

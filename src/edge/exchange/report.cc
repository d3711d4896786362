// Evidence: a signal for each attempt and each request, and the access log's line (decision 14).
#include <algorithm>

#include "edge/exchange/exchange_state.h"
#include "edge/log/secrets.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {

using signal::Outcome;

namespace {

bool isVisible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

void reportRefused(Worker& worker, const ClientFacts& facts, const http::RequestIndex& head, int status) {
  worker.takeExchange().reportRefused(facts, head, status);
}

// Nothing of a head that was refused is believed, but it is written down.
void ExchangeState::reportRefused(const ClientFacts& facts, const http::RequestIndex& head, int status) {
  begin(facts);
  request_ = head;
  if (request_.path.size == 0) {
    const std::size_t size = std::min(request_.at(request_.target).find('?'), std::size_t{request_.target.size});
    request_.path = {request_.target.at, static_cast<std::uint32_t>(size)};
    if (size < request_.target.size) {
      request_.query = {request_.target.at + request_.path.size + 1, request_.target.size - request_.path.size - 1};
    }
  }
  const http::FieldIndex* host = request_.find(http::Known::kHost);
  if (request_.host.size == 0 && host != nullptr) request_.host = host->value;
  std::copy(std::begin(facts.peer.bytes), std::end(facts.peer.bytes), origin_.address.begin());
  status_ = status;
  beginCounting();
  reportRequest(status == 0 ? Outcome::kClientAborted : Outcome::kAnswered);
  clientGone_ = true;
  maybeFree();
}

// Taken over from a trusted proxy, else a UUIDv7 (RFC 9562 5.7).
void ExchangeState::makeRequestId() {
  idGiven_ = false;
  const std::uint64_t random = worker_.random().next();
  const std::uint64_t more = worker_.random().next();
  const auto ms = static_cast<std::uint64_t>(startWallUs_ / 1000);
  for (std::size_t i = 0; i < 6; ++i) requestId_[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  for (std::size_t i = 0; i < 8; ++i) requestId_[8 + i] = static_cast<std::uint8_t>(random >> (8 * i));
  requestId_[6] = static_cast<std::uint8_t>(0x70 | (more & 0x0f));
  requestId_[7] = static_cast<std::uint8_t>(more >> 8);
  requestId_[8] = static_cast<std::uint8_t>(0x80 | (requestId_[8] & 0x3f));
  const http::IpRanges& trusted = table_->runtime->trusted;
  if (!trusted.empty()) {
    const http::FieldIndex* given = request_.find(http::Known::kXRequestId);
    http::IpBytes peer{};
    std::copy(std::begin(facts_->peer.bytes), std::end(facts_->peer.bytes), peer.begin());
    if (given != nullptr && trusted.contains(peer)) {
      const std::string_view value = request_.at(given->value);
      if (!value.empty() && value.size() <= kRequestIdBytesMax && isVisible(value)) {
        requestIdText_ = value;
        idGiven_ = true;
        return;
      }
    }
  }
  requestIdText_.resize(signal::kUuidBytes);
  signal::writeUuid(requestId_, requestIdText_.data());
}

std::string_view ExchangeState::routeName() const {
  return decision_.route != nullptr && compiled_ != nullptr ? std::string_view(decision_.route->id)
                                                            : std::string_view();
}

RouteSeries& ExchangeState::routeSeries(WorkerTable& table) {
  const std::size_t at = compiled_ != nullptr
                             ? decision_.number
                             : table.runtime->table->routes.size() + static_cast<std::size_t>(service_);
  std::unique_ptr<RouteSeries>& row = table.series[at];
  if (row) return *row;
  row = std::make_unique<RouteSeries>();
  if (service_ >= 0) {
    for (const ReleaseState& release : service()->releases) {
      row->attempts.emplace_back(release.instances.size(), signal::kNoSeries);
    }
  }
  row->requests.resize(row->attempts.size() + 1, signal::kNoSeries);
  return *row;
}

signal::SeriesId ExchangeState::requestSeries(WorkerTable& table) {
  signal::Key key;
  if (compiled_ == nullptr && service_ < 0) {
    if (table.nowhere == signal::kNoSeries) table.nowhere = worker_.signals()->series(key);
    return table.nowhere;
  }
  const bool cached = servicePin_.get() == table_.get();
  signal::SeriesId once = signal::kNoSeries;
  signal::SeriesId* id = &once;
  if (cached) {
    RouteSeries& row = routeSeries(table);
    id = &row.requests.back();
    if (choice_.release != nullptr)
      id = &row.requests[static_cast<std::size_t>(choice_.release - service()->releases.data())];
  }
  if (*id != signal::kNoSeries) return *id;
  key.route = routeName();
  if (service_ >= 0) key.service = service()->config.name;
  if (choice_.release != nullptr) key.release = choice_.release->id;
  return *id = worker_.signals()->series(key);
}

signal::SeriesId ExchangeState::attemptSeries(WorkerTable& table) {
  signal::SeriesId once = signal::kNoSeries;
  signal::SeriesId* id = &once;
  if (servicePin_.get() == table_.get()) {
    auto& row = routeSeries(table).attempts[static_cast<std::size_t>(choice_.release - service()->releases.data())];
    const auto& instances = choice_.release->instances;
    const auto at = std::find_if(instances.begin(), instances.end(),
                                 [&](const auto& instance) { return instance.get() == choice_.instance; });
    id = &row[static_cast<std::size_t>(at - instances.begin())];
  }
  if (*id != signal::kNoSeries) return *id;
  signal::Key key;
  key.kind = signal::Key::Kind::kAttempt;
  key.route = routeName();
  key.service = service()->config.name;
  key.release = choice_.release->id;
  key.instance = choice_.instance->id;
  return *id = worker_.signals()->series(key);
}

void ExchangeState::reportAttempt(Outcome outcome, int status) {
  attemptReported_ = true;
  if (!attemptTunnel_) choice_.instance->active.fetch_sub(1, std::memory_order_relaxed);
  if (worker_.signals() == nullptr) return;
  const signal::SeriesId series = attemptSeries(*table_);
  signal::Sample sample;
  sample.status = status;
  sample.outcome = outcome;
  sample.latencyUs = stream_ ? upstreamUs_ : sinceUs(attemptStart_);
  sample.bytesIn = bytesIn_;
  sample.bytesOut = attemptBytesOut_;
  sample.probe = probe_;
  worker_.signals()->count(series, sample);
  // Nearly all requests are answered well by one attempt: they share a record. What failed is told at once.
  const bool shared = outcome == Outcome::kAnswered && status < 500 && !reported_;
  lastAttempt_ = {series, status, sample.latencyUs, shared};
  if (shared) return;
  signal::Record record;
  record.kind = signal::Key::Kind::kAttempt;
  record.wallUs = startWallUs_;
  record.requestId = requestId_;
  record.series = series;
  record.sample = sample;
  record.clientHash = facts_->peer.clientHash(worker_.hashSeed());
  record.pathHash = std::hash<std::string_view>()(request_.at(request_.path));
  worker_.signals()->record(record);
}

bool ExchangeState::overThreshold(std::uint64_t latencyUs) const {
  if (compiled_ == nullptr || decision_.route->objective.count() <= 0) return false;
  const auto objectiveUs = std::chrono::duration_cast<std::chrono::microseconds>(decision_.route->objective).count();
  return latencyUs > static_cast<std::uint64_t>(objectiveUs);
}

void ExchangeState::reportRequest(Outcome outcome) {
  reported_ = true;
  if (worker_.signals() == nullptr && worker_.log() == nullptr) return;
  const http::FieldIndex* const userAgent = request_.find(http::Known::kUserAgent);
  const http::FieldIndex* const referer = request_.find(http::Known::kReferer);
  const bool direct = std::equal(origin_.address.begin(), origin_.address.end(), std::begin(facts_->peer.bytes));
  std::string clientText, maskedText, maskedReferer;
  if (!direct) clientText = http::ipText(origin_.address);
  const std::string_view path = request_.at(request_.path);
  const std::uint64_t latencyUs = stream_ ? latencyUs_ : sinceUs(start_);
  // Made in one go: set to nothing first, it would cost twice.
  signal::Record record{
      .wallUs = startWallUs_,
      .requestId = requestId_,
      .clientHash = facts_->peer.clientHash(worker_.hashSeed()),
      .pathHash = std::hash<std::string_view>()(path),
      .sample = {.status = status_,
                 .outcome = outcome,
                 .latencyUs = latencyUs,
                 .bytesIn = bytesIn_,
                 .bytesOut = bytesOut_,
                 .probe = own_ || probe_,
                 .overThreshold = overThreshold(latencyUs)},
      .attempt = lastAttempt_,
      .logged = true,
      .protocol = request_.http2               ? signal::Protocol::kHttp2
                  : request_.minorVersion == 0 ? signal::Protocol::kHttp10
                                               : signal::Protocol::kHttp11,
      .attempts = attempts_,
      .upstreamUs = upstreamUs_,
      .method = request_.at(request_.methodText),
      .host = request_.at(request_.host),
      .path = path,
      .client = direct ? std::string_view(facts_->peerText) : clientText,
      .userAgent = userAgent != nullptr ? request_.at(userAgent->value) : "",
      .query = maskedQuery(request_.at(request_.query), maskedText),
      .referer = referer != nullptr ? maskedAddress(request_.at(referer->value), maskedReferer) : "",
      .givenId = idGiven_ ? std::string_view(requestIdText_) : "",
  };
  if (worker_.signals() != nullptr) {
    record.series = requestSeries(*table_);
    worker_.signals()->count(record.series, record.sample);
    worker_.signals()->record(record);
  }
  if (worker_.log() == nullptr) return;
  const bool asked = choice_.release != nullptr;
  worker_.log()->add(signal::lineOf(record, {.route = routeName(),
                                             .service = service_ >= 0 ? std::string_view(service()->config.name) : "",
                                             .release = asked ? std::string_view(choice_.release->id) : "",
                                             .instance = asked ? std::string_view(choice_.instance->id) : ""}));
}

}  // namespace orbit::edge

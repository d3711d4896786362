#include "signal/packed.h"

#include <algorithm>
#include <cstring>

namespace orbit::signal {
namespace {

using namespace layout;

std::string_view nameOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kNone:
      return "";
    case Protocol::kHttp10:
      return "HTTP/1.0";
    case Protocol::kHttp11:
      return "HTTP/1.1";
    case Protocol::kHttp2:
      return "HTTP/2";
  }
  return "";
}

// Of a record, in the order in which they are packed.
template <class R>
auto textsOf(R& record) {
  return std::array{&record.method,    &record.host,  &record.path,    &record.client,
                    &record.userAgent, &record.query, &record.referer, &record.givenId};
}

// What a request and the attempt that answered it share.
Record sharedOf(const PackedRecord& front) {
  Record record;
  record.wallUs = front.wallUs;
  std::memcpy(record.requestId.data(), front.requestId, sizeof front.requestId);
  record.clientHash = front.clientHash;
  record.pathHash = front.pathHash;
  record.sample.probe = (front.flags & kProbe) != 0;
  return record;
}

}  // namespace

std::string_view nameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAnswered:
      return "answered";
    case Outcome::kClientAborted:
      return "client_aborted";
    case Outcome::kBroken:
      return "broken";
    case Outcome::kConnectFailed:
      return "connect_failed";
    case Outcome::kTimeout:
      return "timeout";
    case Outcome::kReset:
      return "reset";
    case Outcome::kShielded:
      return "shielded";
  }
  return "";
}

std::uint64_t pack(const Record& record, std::uint64_t number, char* to) {
  auto& front = *new (to) PackedRecord;
  front.number = number;
  front.wallUs = record.wallUs;
  std::memcpy(front.requestId, record.requestId.data(), sizeof front.requestId);
  front.clientHash = record.clientHash;
  front.pathHash = record.pathHash;
  front.latencyUs = record.sample.latencyUs;
  front.attemptLatencyUs = record.attempt.latencyUs;
  front.upstreamUs = record.upstreamUs;
  front.bytesIn = record.sample.bytesIn;
  front.bytesOut = record.sample.bytesOut;
  front.series = record.series;
  front.attemptSeries = record.attempt.series;
  front.status = static_cast<std::uint16_t>(record.sample.status);
  front.attemptStatus = static_cast<std::uint16_t>(record.attempt.status);
  front.kind = static_cast<std::uint8_t>(record.kind);
  front.outcome = static_cast<std::uint8_t>(record.sample.outcome);
  front.flags = static_cast<std::uint8_t>(
      (record.sample.probe ? kProbe : 0) | (record.sample.overThreshold ? kOverThreshold : 0) |
      (record.attempt.answered ? kAttemptAnswered : 0) | (record.logged ? kLogged : 0));
  front.protocol = static_cast<std::uint8_t>(record.protocol);
  front.attempts = static_cast<std::uint8_t>(std::clamp(record.attempts, 0, 255));
  front.unused = 0;
  char* end = to + sizeof front;
  const auto texts = textsOf(record);
  for (std::size_t at = 0; at < kTexts; ++at) {
    const std::string_view text = cut(*texts[at], kTextsBytesMax[at]);
    front.textBytes[at] = static_cast<std::uint16_t>(text.size());
    if (!text.empty()) std::memcpy(end, text.data(), text.size());
    end += text.size();
  }
  const std::size_t cells = (static_cast<std::size_t>(end - to) + kCell - 1) / kCell;
  front.cells = static_cast<std::uint16_t>(cells);
  return cells;
}

bool unpack(std::string_view bytes, std::uint64_t at, std::uint64_t number, Unpacked& into) {
  PackedRecord& front = into.front;
  if (bytes.size() < sizeof front) return false;
  std::memcpy(&front, bytes.data(), sizeof front);
  std::size_t size = sizeof front;
  for (std::size_t text = 0; text < kTexts; ++text) {
    const std::size_t length = front.textBytes[text];
    if (length > kTextsBytesMax[text] || length > bytes.size() - size) return false;
    into.texts[text] = bytes.substr(size, length);
    size += length;
  }
  constexpr std::uint64_t kCellsMin = sizeof front / kCell;
  return front.number >= number && front.number <= at / kCellsMin && front.cells == (size + kCell - 1) / kCell &&
         front.cells * kCell <= bytes.size();
}

Record Unpacked::record() const {
  Record record = sharedOf(front);
  record.kind =
      static_cast<Key::Kind>(std::min<std::uint8_t>(front.kind, static_cast<std::uint8_t>(Key::Kind::kVital)));
  record.series = front.series;
  record.sample.status = front.status;
  record.sample.outcome = front.outcome < kOutcomes ? static_cast<Outcome>(front.outcome) : Outcome::kBroken;
  record.sample.latencyUs = front.latencyUs;
  record.sample.bytesIn = front.bytesIn;
  record.sample.bytesOut = front.bytesOut;
  record.sample.overThreshold = is(kOverThreshold);
  record.attempt = {front.attemptSeries, front.attemptStatus, front.attemptLatencyUs, is(kAttemptAnswered)};
  record.upstreamUs = front.upstreamUs;
  record.attempts = front.attempts;
  record.logged = is(kLogged);
  record.protocol =
      static_cast<Protocol>(std::min<std::uint8_t>(front.protocol, static_cast<std::uint8_t>(Protocol::kHttp2)));
  const auto to = textsOf(record);
  for (std::size_t at = 0; at < kTexts; ++at) *to[at] = texts[at];
  return record;
}

Record Unpacked::attempt() const {
  Record attempt = sharedOf(front);
  attempt.kind = Key::Kind::kAttempt;
  attempt.series = front.attemptSeries;
  attempt.sample.status = front.attemptStatus;
  attempt.sample.latencyUs = front.attemptLatencyUs;
  return attempt;
}

AccessLine lineOf(const Record& record, const Names& names) {
  return {
      .wallUs = record.wallUs,
      .requestId = record.givenId,
      .ownId = record.requestId,
      .client = record.client,
      .method = record.method,
      .host = record.host,
      .path = record.path,
      .query = record.query,
      .route = names.route,
      .service = names.service,
      .release = names.release,
      .instance = names.instance,
      .userAgent = record.userAgent,
      .referer = record.referer,
      .protocol = nameOf(record.protocol),
      .outcome = nameOf(record.sample.outcome),
      .status = record.sample.status,
      .durationUs = record.sample.latencyUs,
      .upstreamUs = record.upstreamUs,
      .bytesIn = record.sample.bytesIn,
      .bytesOut = record.sample.bytesOut,
      .attempts = record.attempts,
  };
}

}  // namespace orbit::signal

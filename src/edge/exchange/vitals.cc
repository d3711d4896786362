// A page's tag, the script it names, and the beacons that come back (edge/vitals/vitals.h).
#include "base/text.h"
#include "edge/exchange/exchange_state.h"
#include "edge/routing/route.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {

namespace {

constexpr std::string_view kScriptFields =
    "Content-Type: text/javascript; charset=utf-8\r\nCache-Control: public, max-age=3600\r\n"
    "X-Content-Type-Options: nosniff\r\n";
constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";

}  // namespace

// True: this request was ours. Also notes whether the page that is asked for gets a tag.
bool ExchangeState::answerVitals() {
  std::string_view path = request_.at(request_.path);
  if (!startsWith(path, compiled_->vitalsPath)) {
    tagWanted_ = wantsPage(request_);
    return false;
  }
  path.remove_prefix(compiled_->vitalsPath.size());
  const bool reads = request_.method == http::Method::kGet || request_.method == http::Method::kHead;
  if (path == ".js" && reads) {
    own_ = true;
    answerLocal(200, kScriptFields, vitalsScript());
    return true;
  }
  if (!path.empty() || request_.method != http::Method::kPost) return false;
  own_ = true;
  beacon_ = !requestEnded_;
  if (!beacon_) answerBeacon();
  return true;
}

void ExchangeState::answerBeacon() {
  beacon_ = false;
  Beacon beacon;
  if (!readBeacon(held_, beacon)) return answerPage(400, "This is no report of page vitals.\n", false, {});
  service_ = table_->runtime->serviceOfRoute[decision_.number];
  reportVitals(beacon);
  answerLocal(204, kNoStore, {});
}

void ExchangeState::reportVitals(const Beacon& beacon) {
  if (worker_.signals() == nullptr || service_ < 0) return;
  const auto& releases = service()->releases;
  const auto release =
      std::find_if(releases.begin(), releases.end(), [&](const ReleaseState& one) { return one.id == beacon.release; });
  for (const Vital& vital : beacon.vitals) {
    signal::Key key;
    key.kind = signal::Key::Kind::kVital;
    key.route = routeName();
    key.service = service()->config.name;
    if (release != releases.end()) key.release = release->id;
    key.instance = signal::vitalText({vital.name, beacon.page, vital.fromCache});
    const std::string whole = key.service + " " + key.release + " " + key.route + " " + key.instance;
    if (!worker_.vitalNames().take(whole, worker_.now())) {
      key.instance = signal::vitalText({vital.name, "(other)", vital.fromCache});
    }
    signal::Record record;
    record.kind = key.kind;
    record.wallUs = startWallUs_;
    record.requestId = requestId_;
    record.series = worker_.signals()->series(key);
    record.sample.status = 200;
    record.sample.latencyUs = vital.value;
    record.clientHash = facts_->peer.clientHash(worker_.hashSeed());
    record.method = vital.name;
    record.path = beacon.page;
    record.pathHash = std::hash<std::string_view>()(record.path);
    record.host = request_.at(request_.host);
    worker_.signals()->count(record.series, record.sample);
    worker_.signals()->record(record);
  }
}

void ExchangeState::beginTag(http::ResponseIndex& head) {
  if (!takesTag(head)) return;
  tag_ = vitalsTag(compiled_->vitalsPath, choice_.release->id, head);
  tagging_ = true;
  headFinder_ = {};
  if (head.framing.kind == http::Framing::Kind::kLength) head.framing.length += tag_.size();
  bytesOut_ += tag_.size();
}

std::size_t ExchangeState::sendTagged(std::string_view bytes) {
  const std::size_t place = headFinder_.find(bytes);
  if (place == HeadFinder::kNone) return client_->sendBody(bytes);
  tagging_ = false;
  client_->sendBody(bytes.substr(0, place));
  const std::size_t queued = client_->sendBody(tag_);
  return place == bytes.size() ? queued : client_->sendBody(bytes.substr(place));
}

}  // namespace orbit::edge

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
  const std::string& prefix = compiled_->route->path;
  if (prefix.size() > 1 && startsWith(path, prefix)) path.remove_prefix(prefix.size());
  if (!startsWith(path, kVitalsPath)) {
    tagWanted_ = prefix.front() == '/' && wantsPage(request_);
    return false;
  }
  path.remove_prefix(kVitalsPath.size());
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
    std::string& page = key.instance;
    page = signal::vitalText({vital.name, beacon.page, vital.fromCache});
    // Whoever sends beacons chooses pages: only so many are told apart.
    auto& pages = table_->vitalPages;
    if (pages.size() >= kVitalPagesMax && !pages.contains(page)) {
      page = signal::vitalText({vital.name, "(other)", vital.fromCache});
    }
    pages.insert(page);
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
  tag_ = vitalsTag(compiled_->route->path, choice_.release->id, head);
  tagging_ = true;
  headFinder_.begin();
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

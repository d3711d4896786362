// What alarm hears of beside requests: what deploys did, how containers ended, certificates; and the heartbeat out.
#include <fmt/format.h>

#include "daemon/alarm.h"

namespace orbit::daemon {
namespace {

using net::Task;
using net::Wait;
using Kind = alert::Happening::Kind;

constexpr Duration kEngineAgain = std::chrono::seconds(2);
constexpr Duration kCertificatesEach = std::chrono::minutes(10);
constexpr Duration kReportTime = std::chrono::seconds(60);
constexpr std::int64_t kComesBackUs = 120'000'000;  // started so long after it died: by the engine, not by hand
constexpr std::size_t kDeadMax = 1'000;
constexpr std::int64_t kDayUs = 86'400'000'000;
constexpr std::int64_t kSoonUs = 14 * kDayUs, kAtOnceUs = 2 * kDayUs;

std::string labelOf(const engine::Labels& labels, const char* name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

std::string servicesText(const format::Json& body) {
  std::vector<std::string> names;
  for (const auto& [name, release] : body["services"].members()) names.push_back(name);
  return names.empty() ? "" : " (" + join(names, ", ") + ")";
}

}  // namespace

void Alarm::happened(const deploy::Fact& fact) {
  const alert::Place place{fact.project, fact.environment, ""};
  const std::string release = "r" + std::to_string(fact.group);
  const auto tell = [&](Kind kind, std::string text) {
    alerts_.happened({kind, place, release, std::move(text)}, now());
  };
  if (fact.kind == "live" || fact.kind == "promoted" || fact.kind == "settled") {
    tell(Kind::kShipped, release + " is " + fact.kind);
  } else if (fact.kind == "failed") {
    tell(Kind::kChanged, release + " failed before it was live");
  } else if (fact.kind == "rolled back") {
    tell(Kind::kChanged, release + " was rolled back by hand" + servicesText(fact.body));
  } else if (fact.kind == "taken back") {
    const std::string reasons = join(fact.body["reasons"].asStrings(), "; ");
    const bool hand = fact.body["by"].asString() == "hand";
    const std::string text = release + " was taken back" + servicesText(fact.body);
    tell(hand ? Kind::kChanged : Kind::kTakenBack, reasons.empty() ? text : text + ": " + reasons);
  } else if (fact.kind == "shared fault") {
    tell(Kind::kSharedFault, fact.body["text"].asString());
  } else if (fact.kind == "removed") {
    alerts_.forget(fact.project, fact.environment, now());
    settings_.erase({fact.project, fact.environment});
    observer_.watch(settings_);
    parts_.store.keepAlerts({{settingsName(fact.project, fact.environment), ""}}, [](const Status& kept) {
      if (!kept.ok()) log(Level::kWarning, "alarm", kept.error().text());
    });
  }
}

// A container that died and was started again is one that the engine brought back: what Orbit or a person stops stays
// down, and what Orbit starts anew is another container.
void Alarm::noteEvent(const engine::Event& event) {
  const alert::Place place{labelOf(event.attributes, "orbit.project"), labelOf(event.attributes, "orbit.environment"),
                           labelOf(event.attributes, "orbit.service")};
  if (place.project.empty() || !settings_.contains({place.project, place.environment})) return;
  if (event.action == "die") {
    if (diedUs_.size() >= kDeadMax) diedUs_.clear();
    diedUs_[event.id] = now();
    return;
  }
  const auto died = diedUs_.find(event.id);
  if (event.action != "start" || died == diedUs_.end()) return;
  const std::int64_t diedUs = died->second;
  diedUs_.erase(died);
  if (now() - diedUs > kComesBackUs) return;
  const std::string name = labelOf(event.attributes, "name");
  alerts_.happened({Kind::kExit, place, "", "the container " + name + " ended and was started again"}, now());
}

Task<void> Alarm::watchEngine(Wait wait) {
  engine::EventFilter filter;
  filter.actions = {"start", "die"};
  filter.labels.emplace("orbit.home", parts_.store.home());
  const engine::Sink<engine::Event> sink = [this](engine::Event event) -> Task<Status> {
    noteEvent(event);
    co_return Status();
  };
  while (!wait.cancel->requested()) {
    static_cast<void>(co_await parts_.engine.events(now(), filter, sink, wait));
    diedUs_.clear();  // what the engine's own restart starts again crashed nowhere
    static_cast<void>(co_await parts_.loop.sleep(kEngineAgain, wait));
  }
}

Task<void> Alarm::watchCertificates(Wait wait) {
  co_await parts_.traffic.known(wait);
  while (!wait.cancel->requested()) {
    std::vector<model::Domain> domains = parts_.traffic.deployedDomains();
    auto own = parts_.store.domains();
    if (own.ok()) domains.insert(domains.end(), own->begin(), own->end());
    std::erase_if(domains, [&](const model::Domain& one) {
      return !settings_.contains({one.project, one.environment});
    });
    std::set<std::string> hosts;
    for (const auto& domain : domains) hosts.insert(domain.host);
    if (own.ok()) alerts_.setOnly("certificate", hosts, now());
    if (!domains.empty()) {
      const Wait limited = wait.until(parts_.loop.clock().now() + kReportTime);
      for (const auto& report : co_await parts_.traffic.report(std::move(domains), limited)) {
        if (report.certificate.empty()) continue;  // the edge tells nothing of it
        const std::int64_t left = report.notAfterUs - now();
        const bool expires =
            report.notAfterUs != 0 && (left < kAtOnceUs || (left < kSoonUs && !report.certificateProblem.empty()));
        alert::Condition condition;
        condition.key = {{report.domain.project, report.domain.environment, ""}, "certificate", report.domain.host};
        condition.bad = report.certificate == "failed" || report.certificate == "expired" || expires;
        const bool urgent = report.certificate == "expired" || (report.notAfterUs != 0 && left < kAtOnceUs);
        condition.severity = urgent ? model::Severity::kCritical : model::Severity::kWarning;
        condition.why = report.notAfterUs == 0
                            ? fmt::format("no certificate is served for it: {}", report.certificateProblem)
                            : fmt::format("it ends {}{}", wallText(report.notAfterUs),
                                          report.certificateProblem.empty() ? "" : ": " + report.certificateProblem);
        condition.hold = kCertificatesEach;
        alerts_.set(std::move(condition), now());
      }
    }
    static_cast<void>(co_await parts_.loop.sleep(kCertificatesEach, wait));
  }
}

// So that others notice when this machine falls silent. Nobody is told here when one is missed: the far side is.
Task<void> Alarm::beat(Wait wait) {
  while (!wait.cancel->requested()) {
    const Instant at = parts_.loop.clock().now();
    for (const auto& [key, settings] : settings_) {
      if (settings.heartbeat.url.empty()) continue;
      Instant& next = beatAt_[key];
      if (at < next) continue;
      next = at + settings.heartbeat.every;
      auto url = open(key.first, key.second, settings.heartbeat.url);
      if (!url.ok()) {
        log(Level::kWarning, "alarm", "no heartbeat: " + url.error().text());
        continue;
      }
      notify::Request request;
      request.url = std::move(*url);
      request.allowPrivate = settings.heartbeat.allowPrivate;
      courier_->send(model::Receiver::Kind::kWebhook, std::move(request), [](const notify::Answer& answer) {
        if (answer.outcome != notify::Answer::Outcome::kDelivered)
          log(Level::kWarning, "alarm", "heartbeat: " + answer.text);
      });
    }
    static_cast<void>(co_await parts_.loop.sleep(std::chrono::seconds(1), wait));
  }
}

Task<void> Alarm::run(deploy::Deploy& deploy, net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  net::TaskGroup group(parts_.loop);
  group.add(judgeForever(deploy, wait));
  group.add(tellMissed(deploy, wait));
  group.add(outbox_->run(cancel));
  group.add(watchEngine(wait));
  group.add(watchCertificates(wait));
  group.add(beat(wait));
  group.add(probeForever(deploy, wait));
  co_await group.join();
}

}  // namespace orbit::daemon

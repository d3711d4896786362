#include "daemon/alarm.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/secret_mark.h"

namespace orbit::daemon {
namespace {

using net::Task;
using net::Wait;

constexpr Duration kLook = std::chrono::seconds(1);
constexpr std::int64_t kJudgeUs = 5'000'000;
constexpr std::int64_t kKeepCountsUs = 300'000'000;
constexpr const char* kSettings = "settings/";
constexpr const char* kOutbox = "outbox/";
constexpr const char* kPresence = "presence";
constexpr Duration kClockIsSet = std::chrono::seconds(30);  // by then, after a boot

}  // namespace

// Within one name in its shelf: no receiver's or notice's has a line break.
std::string Alarm::settingsName(const std::string& project, const std::string& environment) {
  return kSettings + project + "/" + environment;
}

// The outbox's entries among the texts that alerting keeps.
class Alarm::Kept final : public notify::Shelf {
 public:
  explicit Kept(Alarm& alarm) : alarm_(alarm) {}

  Result<std::vector<notify::Entry>> read() override {
    ORBIT_TRY(const auto texts, alarm_.parts_.store.alerts());
    std::vector<notify::Entry> entries;
    for (const auto& [name, text] : texts) {
      if (!startsWith(name, kOutbox)) continue;
      const auto json = format::parseJson(text, name);
      if (json.ok()) entries.push_back(notify::entryOf(*json));
    }
    return entries;
  }

  Task<Status> save(std::vector<notify::Entry> entries) override {
    std::map<std::string, std::string> texts;
    for (const auto& entry : entries) texts[kOutbox + entry.id] = notify::entryJson(entry).dump();
    co_return co_await alarm_.keep(std::move(texts));
  }

  Task<Status> remove(std::vector<std::string> ids) override {
    std::map<std::string, std::string> texts;
    for (const auto& id : ids) texts[kOutbox + id] = "";
    co_return co_await alarm_.keep(std::move(texts));
  }

 private:
  Alarm& alarm_;
};

Alarm::Alarm(Parts parts)
    : parts_(parts),
      alerts_([this](const alert::Incident& incident) { return repeatAfter(incident); }),
      observer_(parts.loop, parts.watcher),
      courier_(notify::Courier::create()),
      kept_(std::make_unique<Kept>(*this)) {
  notify::Outbox::Parts outbox{parts_.loop, *courier_, *kept_, parts_.store.home().substr(0, 8), {}, {}, {}};
  outbox.receiver = [this](const notify::Entry& entry) {
    return receiverOf(entry.project, entry.environment, entry.receiver);
  };
  outbox.open = [this](const notify::Entry& entry, const std::string& text) {
    return open(entry.project, entry.environment, text);
  };
  outbox.otherwise = [this](const notify::Entry& entry) { return otherwise(entry); };
  outbox_ = notify::Outbox::create(std::move(outbox));
  restore();
}

Alarm::~Alarm() = default;

void Alarm::restore() {
  const auto texts = parts_.store.alerts();
  if (!texts.ok()) return log(Level::kError, "alarm", texts.error().text());
  const auto kept = texts->find(kPresence);
  presence_.emplace(kept == texts->end() ? "" : kept->second, parts_.meter.before(), presenceNow(parts_.loop.clock()));
  parts_.store.keepAlerts({{kPresence, presence_->text()}}, [](const Status& written) {
    if (!written.ok()) log(Level::kWarning, "alarm", written.error().text());
  });
  for (const auto& [name, text] : *texts) {
    const bool mine = startsWith(name, kSettings) || startsWith(name, kOutbox) || name == kPresence;
    if (!mine) counted_.insert(name);
    if (!startsWith(name, kSettings)) continue;
    const auto json = format::parseJson(text, name);
    if (!json.ok()) continue;
    model::Alerting settings = alert::settingsOf(*json);
    alerts_.configure(settings, now());
    settings_[{settings.project, settings.environment}] = std::move(settings);
  }
  alerts_.restore(*texts);
  written_ = alerts_.texts();
  written_[kPresence] = presence_->text();
  std::erase_if(counted_, [this](const std::string& name) { return written_.contains(name); });
  observer_.watch(settings_);
  const Status recovered = outbox_->recover();
  if (!recovered.ok()) log(Level::kError, "alarm", recovered.error().text());
}

// What was deployed before this Orbit kept objectives has the usual ones.
void Alarm::adoptUnknown(const deploy::Deploy& deploy) {
  std::map<EnvironmentKey, model::Alerting> found;
  for (const auto& row : deploy.status("", "")) {
    if (settings_.contains({row.project, row.environment})) continue;
    model::Alerting& settings = found[{row.project, row.environment}];
    settings.project = row.project;
    settings.environment = row.environment;
    settings.services[row.service].routed = !row.url.empty();
  }
  for (auto& [key, settings] : found) {
    alerts_.configure(settings, now());
    settings_[key] = std::move(settings);
  }
  if (!found.empty()) observer_.watch(settings_);
}

// What was not served before this start. By then it is known what is deployed, and no minute since was told.
Task<void> Alarm::tellMissed(deploy::Deploy& deploy, Wait wait) {
  if (!presence_ || !presence_->missed(presenceNow(parts_.loop.clock()))) co_return;
  const Status ready = co_await deploy.ready(wait);
  if (!ready.ok()) co_return;
  const Status slept = co_await parts_.loop.sleep(kClockIsSet, wait);
  if (!slept.ok()) co_return;
  adoptUnknown(deploy);
  std::vector<alert::Place> served;
  for (const auto& row : deploy.status("", "")) {
    if (!row.url.empty()) served.push_back({row.project, row.environment, row.service});
  }
  alerts_.away(served, *presence_->missed(presenceNow(parts_.loop.clock())), now());
  presence_->told();
  const Status settled = co_await settle(true);
  if (!settled.ok()) log(Level::kError, "alarm", settled.error().text());
}

// The half minute that is over.
void Alarm::observe() {
  if (presence_) presence_->see(presenceNow(parts_.loop.clock()));
  observer_.tell(alerts_);
  tellUse(parts_.meter.containers(), now(), alerts_);
  if (const auto running = parts_.meter.running()) alerts_.observeRunning(*running, now());
  tellDisks(parts_.meter.host().disks, now(), alerts_);
  drops_.tell(parts_.meter.samplesDropped(), now(), alerts_);
}

Task<void> Alarm::judgeForever(const deploy::Deploy& deploy, Wait wait) {
  std::int64_t judgedUs = 0, keptUs = now();
  while (!wait.cancel->requested()) {
    observer_.listenWhenBad();
    bool due = now() - judgedUs >= kJudgeUs || now() < judgedUs;
    if (observer_.due()) {
      adoptUnknown(deploy);
      observe();
      due = true;
    }
    if (due) {
      judgedUs = now();
      const bool withCounts = now() - keptUs >= kKeepCountsUs || now() < keptUs;
      if (withCounts) keptUs = now();
      const Status settled = co_await settle(withCounts);
      if (!settled.ok()) log(Level::kError, "alarm", settled.error().text());
    }
    static_cast<void>(co_await parts_.loop.sleep(kLook, wait));
  }
  static_cast<void>(co_await settle(true));
}

std::vector<notify::Entry> Alarm::entriesOf(const std::vector<model::Notice>& notices) const {
  std::vector<notify::Entry> entries;
  for (const auto& notice : notices) {
    for (const auto& [key, settings] : settings_) {
      // What is of this machine is told to every production.
      const bool here = notice.project.empty() ? key.second == "production"
                                               : key == EnvironmentKey{notice.project, notice.environment};
      if (!here) continue;
      for (const auto& name : notify::receiversFor(settings, notice)) {
        notify::Entry entry = notify::entryFor(notice, name, now());
        entry.project = key.first;
        entry.environment = key.second;
        entry.id = notice.id + "/" + key.first + "/" + key.second + "/" + name;
        entries.push_back(std::move(entry));
      }
    }
  }
  return entries;
}

Task<Status> Alarm::settle(bool withCounts) {
  const std::vector<notify::Entry> entries = entriesOf(alerts_.tick(now()));
  std::map<std::string, std::string> changed;
  const bool clockSet = presence_ && written_[kPresence] != presence_->text();
  if (alerts_.takeChanged() || withCounts || clockSet) {
    auto texts = alerts_.texts();
    if (presence_) texts[kPresence] = presence_->text();
    for (const auto& [name, text] : texts) {
      const auto before = written_.find(name);
      if (before == written_.end() || before->second != text) changed[name] = text;
    }
    for (const auto& [name, text] : written_) {
      if (!texts.contains(name)) changed[name] = "";
    }
    written_ = std::move(texts);
  }
  std::set<std::string> counted;
  if (withCounts) {
    for (auto& [name, text] : alerts_.countTexts()) {
      counted.insert(name);
      changed[name] = text;
    }
    for (const auto& name : counted_) {
      if (!counted.contains(name)) changed[name] = "";
    }
  }
  for (const auto& entry : entries) changed[kOutbox + entry.id] = notify::entryJson(entry).dump();
  if (changed.empty()) co_return Status();
  Status kept = co_await keep(std::move(changed));
  if (!kept.ok()) written_.clear();  // all of it again the next time
  if (kept.ok() && withCounts) counted_ = std::move(counted);
  outbox_->add(entries);
  co_return kept;
}

Task<Status> Alarm::keep(std::map<std::string, std::string> texts) {
  const std::function<void(std::function<void(Status)>)> write = [&](std::function<void(Status)> done) {
    parts_.store.keepAlerts(std::move(texts), std::move(done));
  };
  co_return co_await net::fromThread(parts_.loop, write);
}

const model::Receiver* Alarm::receiverOf(const std::string& project, const std::string& environment,
                                         const std::string& name) const {
  const auto settings = settings_.find({project, environment});
  if (settings == settings_.end()) return nullptr;
  for (const auto& receiver : settings->second.receivers) {
    if (receiver.name == name) return &receiver;
  }
  return nullptr;
}

Result<std::string> Alarm::open(const std::string& project, const std::string& environment,
                                const std::string& text) const {
  return model::fillSecrets(text, [&](const std::string& marked) -> Result<std::string> {
    const auto slash = marked.find('/');
    const std::string service = slash == std::string::npos ? "" : marked.substr(0, slash);
    const std::string name = slash == std::string::npos ? marked : marked.substr(slash + 1);
    ORBIT_TRY(auto found, parts_.store.secret(project, environment, service, name, 0));
    return std::move(found.value);
  });
}

// By the receivers that are left.
std::vector<notify::Entry> Alarm::otherwise(const notify::Entry& parked) const {
  std::vector<notify::Entry> entries;
  const auto settings = settings_.find({parked.project, parked.environment});
  if (parked.notice.event == model::Notice::Event::kUndelivered || settings == settings_.end()) return entries;
  model::Notice notice = parked.notice;
  notice.id += "-undelivered-" + parked.receiver;
  notice.event = model::Notice::Event::kUndelivered;
  notice.lines.insert(notice.lines.begin(), "receiver " + parked.receiver + " did not get this: " + parked.last);
  for (const auto& receiver : settings->second.receivers) {
    if (receiver.name == parked.receiver) continue;
    notify::Entry other = notify::entryFor(notice, receiver.name, now());
    other.project = parked.project;
    other.environment = parked.environment;
    entries.push_back(std::move(other));
  }
  return entries;
}

Duration Alarm::repeatAfter(const alert::Incident& incident) const {
  const auto settings = settings_.find({incident.project, incident.environment});
  if (settings == settings_.end()) return {};
  return notify::repeatAfter(settings->second, incident.severity, now());
}

std::vector<model::Alerting> Alarm::settings() const {
  std::vector<model::Alerting> all;
  for (const auto& [key, settings] : settings_) all.push_back(settings);
  return all;
}

Task<Status> Alarm::configure(model::Alerting settings) {
  const EnvironmentKey key{settings.project, settings.environment};
  std::map<std::string, std::string> texts;
  texts[settingsName(key.first, key.second)] = alert::settingsJson(settings).dump();
  ORBIT_CO_TRY_STATUS(co_await keep(std::move(texts)));
  alerts_.configure(settings, now());
  settings_[key] = std::move(settings);
  observer_.watch(settings_);
  co_return Status();
}

Task<Status> Alarm::acknowledge(std::string incident, std::string by) {
  ORBIT_CO_TRY_STATUS(alerts_.acknowledge(incident, by, now()));
  co_return co_await settle(false);
}

Task<Status> Alarm::silence(std::string incident, Duration span, std::string by) {
  ORBIT_CO_TRY_STATUS(alerts_.silence(incident, span, by, now()));
  co_return co_await settle(false);
}

Task<Status> Alarm::silencePlace(alert::Place place, Duration span, std::string by) {
  const std::int64_t spanUs = std::chrono::duration_cast<std::chrono::microseconds>(span).count();
  alert::Silence silence{std::move(place), now(), now() + spanUs, std::move(by)};
  ORBIT_CO_TRY_STATUS(alerts_.silencePlace(std::move(silence)));
  co_return co_await settle(false);
}

Task<Status> Alarm::resolve(std::string incident, std::string by) {
  ORBIT_CO_TRY_STATUS(alerts_.resolve(incident, by, now()));
  co_return co_await settle(false);
}

Task<Result<notify::Answer>> Alarm::test(std::string project, std::string environment, std::string receiver,
                                         Wait wait) {
  const model::Receiver* found = receiverOf(project, environment, receiver);
  if (found == nullptr) {
    std::vector<std::string> names;
    const auto settings = settings_.find({project, environment});
    if (settings != settings_.end()) {
      for (const auto& one : settings->second.receivers) names.push_back(one.name);
    }
    co_return Error{.code = Code::kNotFound,
                    .message = fmt::format("{} ({}) has no receiver {}", project, environment, receiver),
                    .hint = names.empty() ? "x-orbit.alerts.receivers names them; orbit deploy brings them here"
                                          : "its receivers are " + join(names, ", ")};
  }
  model::Notice notice;
  notice.id = "test-" + std::to_string(now());
  notice.incident = "test";
  notice.event = model::Notice::Event::kTest;
  notice.project = project;
  notice.environment = environment;
  notice.title = project + " (" + environment + "): a test, nothing has happened";
  notice.lines = {"sent by orbit alerts test " + receiver};
  notice.atUs = notice.openedUs = now();
  model::Receiver copy = *found;
  co_return co_await outbox_->test(std::move(copy), notify::entryFor(notice, receiver, now()), wait);
}

}  // namespace orbit::daemon

// The door of alert: what happened, into alerts, incidents and what people are told (docs/alerts.md). Pure: windows,
// facts and ticks in, states and notices out; no clock, no I/O, the same input gives the same output.
//
// An alert is one rule about one thing ("errors of web in production"); it fires or it does not, and says why. Alerts
// that belong together are one incident, from the first that fires until the last is over. People are told of
// incidents: when one opens, when it grows, when it is over.
//
// What is not known is a state of its own. A window that was not wholly observed (gap) neither raises nor resolves: no
// zero, no outage. So a restart of Orbit's own processes is no evidence of anything.
//
// Nothing flaps: what raises an alert is strict (two windows in a row and no chance finding), what resolves it is
// strict as well (four good ones in a row), and in between it stays as it is.
//
// The whole state is plain data: texts() after each change and restore() at a start, and a restart neither forgets nor
// tells twice. Thread rules: one owner.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "alert/counts.h"
#include "base/base.h"
#include "format/json.h"
#include "model/alerting.h"
#include "model/notice.h"

namespace orbit::alert {

// How many requests were good and bad by one measure, and who had the bad ones.
struct Share {
  std::uint64_t all = 0, bad = 0;
  std::vector<std::uint64_t> clients;  // hashes, distinct, at most kClientsKept; empty where nobody looked
  std::uint64_t ofOne = 0;             // of the bad ones, those of the client that had most
};
// The bad ones as evidence: where several clients are seen none gives more than half of it, since one client's trouble
// (a scanner, a broken app) is not everybody's.
std::uint64_t evidenceOf(const Share& share, std::size_t clientsSeen);

// Half a minute of one service's requests.
struct Window {
  std::int64_t fromUs = 0, toUs = 0;  // wall time
  bool gap = false;                   // not wholly observed: says nothing
  Share errors;                       // of requests
  Share p50, p99;                     // of answers, slower than the objective's alert
  std::uint64_t overTarget = 0;       // answers slower than the p99 target
  double p50Ms = 0, p99Ms = 0;
  std::vector<double> lcpMs;                  // of page views, the newest last: kViewsKept of them say it all
  std::vector<std::uint64_t> seen;            // clients at all, as above
  bool errorsTold = false, slowTold = false;  // a short rule fired on it: no evidence for a slow one
};

struct Place {
  std::string project, environment, service;  // "": of the environment; all "": of this machine
  auto operator<=>(const Place&) const = default;
};

// One rule about one thing.
struct Key {
  Place place;
  std::string rule;     // "errors", "latency_p99", "outage", … (rules.h)
  std::string subject;  // a release, a host, a path; "" none
  auto operator<=>(const Key&) const = default;
  std::string text() const;  // "errors of web", "certificate shop.example.com"
};

// Something that is so, or not, until said otherwise.
struct Condition {
  Key key;
  bool bad = false;
  model::Severity severity = model::Severity::kWarning;
  std::string why;                           // one sentence
  Duration hold{};                           // how long it must be bad before it fires
  Duration clear = std::chrono::minutes(2);  // how long it must be good before it is over
};

// Something that happened, and is over by itself.
struct Happening {
  enum class Kind {
    kShipped,    // a release is live, promoted, settled: told in timelines
    kChanged,    // variables, domains, an operation: likewise
    kTakenBack,  // an incident
    kSharedFault,
    kAway,  // Orbit was not there, and nothing was served
    kExit,  // of a container that was not told to; three in ten minutes are a crash loop
  };
  Kind kind = Kind::kChanged;
  Place place;
  std::string subject;  // "r12", a container
  std::string text;     // a sentence
};

struct Alert {
  enum class State { kOk, kPending, kFiring, kNoData };
  Key key;
  State state = State::kOk;
  model::Severity severity = model::Severity::kWarning;
  std::string why = {};
  std::int64_t sinceUs = 0;
  std::string incident = {};  // it belongs to while it fires
  std::string under = {};     // the alert that it stays quiet under
  bool muted = false;         // resolved by hand: quiet until it was well once
  // Of conditions and events.
  std::int64_t changesAtUs = 0;  // when it fires or is over, unless the opposite is said before; 0: nothing awaited
  bool standing = false;         // a condition: stays until said otherwise
};
std::string_view stateName(Alert::State state);  // "ok", "pending", "firing", "no data"

struct Moment {
  std::int64_t atUs = 0;
  std::string kind;  // "alert", "clear", "shipped", "changed", "told", "hand"
  std::string text;
};

struct Incident {
  std::string id;  // short, for people to type: "i12"
  std::string project, environment;
  std::string family;  // what joins it: "health", or one alert's text
  std::string title;
  model::Severity severity = model::Severity::kWarning;
  std::int64_t openedUs = 0, lastAlertUs = 0, resolvedUs = 0, clearSinceUs = 0;
  std::int64_t acknowledgedUs = 0, silencedUntilUs = 0;
  std::string acknowledgedBy, resolvedBy;
  std::vector<std::string> services;
  std::vector<Moment> timeline;
  int reopened = 0;
  // What people were told.
  int notices = 0;
  model::Severity toldSeverity = model::Severity::kWarning;
  std::int64_t toldUs = 0;
  std::vector<std::string> toldServices;
  bool toldOpen = false;
  bool open() const { return resolvedUs == 0; }
};

// A time in which a service was down, in whole minutes.
struct Outage {
  std::int64_t fromUs = 0, toUs = 0;
  std::string reason;
  bool known = true;     // false: Orbit had been stopped; neither up nor down
  bool ongoing = false;  // the last minute that is known was down
};

// How an objective does.
struct ObjectiveRow {
  Place place;
  std::string name;  // "p50", "p99", "uptime", "errors", "lcp"
  double target = 0, alert = 0;
  std::optional<double> now;         // of the last minutes, of lcp the last views; none: nothing is known
  std::optional<double> budgetLeft;  // of 30 days, 1 is all of it; below 0: overspent
  std::string unit;                  // "ms", "%"
  std::vector<Outage> outages = {};  // of uptime: of the last 30 days, the newest first
};

struct Silence {
  Place place;  // empty parts match anything
  std::int64_t fromUs = 0, untilUs = 0;
  std::string by;
};

class Alerts {
 public:
  // `repeatAfter`: how long until an open incident nobody acknowledged is told again; zero: never.
  using RepeatAfter = std::function<Duration(const Incident&)>;
  explicit Alerts(RepeatAfter repeatAfter = {}) : repeatAfter_(std::move(repeatAfter)) {}

  // Takes the place of what was said of this environment; its alerts about services, rules and objectives that are gone
  // end.
  void configure(model::Alerting settings, std::int64_t nowUs);
  void forget(const std::string& project, const std::string& environment, std::int64_t nowUs);

  // One window a service, in their order. Also those without any request.
  void observe(const Place& place, Window window);
  // A minute of a service's availability, seen from outside; not to be called for a minute nobody looked.
  // `why`: of one that was down.
  void observeMinute(const Place& place, std::int64_t atUs, bool up, const std::string& why = {});
  // None of these was served, as nothing was that is behind the edge: a time that is over, before any minute told
  // since. Somebody is told when it alone is more than the objective of uptime allows.
  void away(const std::vector<Place>& places, const Outage& outage, std::int64_t nowUs);
  // Which services have a running container, of all there are; not to be called while the engine does not say.
  void observeRunning(const std::set<Place>& running, std::int64_t nowUs);
  // For own rules; stands for three minutes.
  void measure(const Place& place, const std::string& metric, double value, std::int64_t nowUs);
  void set(Condition condition, std::int64_t nowUs);
  // Conditions of `rule` about anything but these subjects are over: it exists no more.
  void setOnly(const std::string& rule, const std::set<std::string>& subjects, std::int64_t nowUs);
  void happened(Happening happening, std::int64_t nowUs);

  // Judges; what is to be told now. To be called every few seconds.
  std::vector<model::Notice> tick(std::int64_t nowUs);

  // By hand. Errors: kNotFound; kConflict when it is over already.
  Status acknowledge(const std::string& incident, const std::string& by, std::int64_t nowUs);
  Status silence(const std::string& incident, Duration span, const std::string& by, std::int64_t nowUs);
  Status resolve(const std::string& incident, const std::string& by, std::int64_t nowUs);
  // A place, for a window of time. Errors: kLimit.
  Status silencePlace(Silence silence);

  const std::map<Key, Alert>& alerts() const { return alerts_; }
  const std::map<int, Incident>& incidents() const { return incidents_; }  // by number
  const Incident* find(const std::string& id) const;
  std::vector<ObjectiveRow> objectives(std::int64_t nowUs) const;
  const std::vector<Silence>& silences() const { return silences_; }

  // The state as texts by name, for keeping: "state", "incident/i12", "outages/<project>/<environment>/<service>".
  std::map<std::string, std::string> texts() const;
  // What may be some minutes older without harm: "counts/<project>/<environment>/<service>".
  std::map<std::string, std::string> countTexts() const;
  // To be called once, after configure(). What cannot be read is left out.
  void restore(const std::map<std::string, std::string>& texts);
  // Whether texts() have changed since the last call.
  bool takeChanged() { return std::exchange(changed_, false); }

  struct Measured {
    double value = 0;
    std::int64_t atUs = 0;
  };
  // What is kept of one service; rules.cc judges it.
  struct Watched {
    std::deque<Window> windows;                                     // the newest last
    std::vector<std::int64_t> requestsOf;                           // of the last kSteadyWindows; -1: a gap
    Counts errors, slow, up;                                        // up: minutes
    std::map<std::uint64_t, std::int64_t> failing, slowOnes, seen;  // clients and when
    std::deque<double> lcpMs;                                       // of the last views
    std::int64_t viewUs = 0, slowViewUs = 0;                        // the last view at all, and beyond the objective
    std::int64_t errorUs = 0, slowP50Us = 0, slowP99Us = 0;         // last time
    std::int64_t downUs = 0;                                        // the last minute that was seen to be down
    std::deque<Outage> outages;                                     // the newest last
    std::int64_t sinceUs = 0;                                       // its first window
    std::int64_t goneUs = 0;                                        // since when no container of it runs; 0: one does
    std::map<std::string, std::int64_t> ownSinceUs;                 // own rules that hold, by name
    std::map<std::string, Measured> measured;                       // by metric
  };

 private:
  struct Environment {
    model::Alerting settings;
    std::deque<Moment> recent;  // what shipped and changed
  };
  using EnvironmentKey = std::pair<std::string, std::string>;

  const model::ServiceAlerting* settingsOf(const Place& place) const;
  void judgeService(const Place& place, Watched& watched, std::int64_t nowUs);
  void tellShort(const Place& place, Watched& watched);
  void keep(Watched& watched, Outage outage);
  bool fires(const Place& place, const char* rule) const;
  bool isAsked(const Key& key) const;
  // `because`: of one that is over, where it is not that all is well.
  void change(Alert& alert, Alert::State state, std::int64_t nowUs, const std::string& because = {});
  void runTimers(std::int64_t nowUs);
  void relate();
  void endAlerts(const std::function<bool(const Alert&)>& which, const std::string& because, std::int64_t nowUs);
  // incidents.cc
  Incident& incidentFor(const Alert& alert, std::int64_t nowUs);
  void join(Alert& alert, std::int64_t nowUs);
  void leave(Alert& alert, const std::string& because, std::int64_t nowUs);
  void settleIncidents(std::int64_t nowUs);
  void note(Incident& incident, std::int64_t atUs, std::string kind, std::string text);
  Result<Incident*> openIncident(const std::string& id);
  std::vector<const Alert*> firingOf(const Incident& incident) const;
  // notices.cc
  std::optional<model::Notice> tell(Incident& incident, std::int64_t nowUs);
  model::Notice noticeOf(Incident& incident, model::Notice::Event event, std::int64_t nowUs);
  bool silenced(const Incident& incident, std::int64_t nowUs) const;
  // state.cc
  void restoreState(const format::Json& state);
  void restoreCounts(std::string_view name, const format::Json& json);
  void restoreOutages(std::string_view name, const format::Json& json);
  Watched* watchedBy(std::string_view name);

  RepeatAfter repeatAfter_;
  std::map<EnvironmentKey, Environment> environments_;
  std::map<Place, Watched> watched_;
  std::map<Key, Alert> alerts_;
  std::map<int, Incident> incidents_;
  std::map<Key, std::vector<std::int64_t>> exits_;
  std::vector<Silence> silences_;
  int lastIncident_ = 0;
  bool changed_ = false;
};

// As the store keeps what an environment was told: model::Alerting to JSON and back.
format::Json settingsJson(const model::Alerting& settings);
model::Alerting settingsOf(const format::Json& json);

}  // namespace orbit::alert

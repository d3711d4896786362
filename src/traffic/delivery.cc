#include "traffic/delivery.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base.h"
#include "format/json.h"
#include "table/table.h"
#include "traffic/carried.h"
#include "traffic/environment.h"
#include "traffic/limits.h"

namespace orbit::traffic {
namespace {

using net::Task;
using net::Wait;

constexpr int kNotFound = 404;
constexpr const char* kTablePath = "/v1/table";
constexpr const char* kServicesPath = "/v1/services/";

bool good(int status) {
  return status >= 200 && status < 300;
}

// The one service in which they differ; null when it is not one, or not that alone.
const model::TableService* onlyChange(const model::RouteTable& before, const model::RouteTable& after) {
  if (before.services.size() != after.services.size()) return nullptr;
  const model::TableService* changed = nullptr;
  for (std::size_t i = 0; i < after.services.size(); ++i) {
    if (before.services[i] == after.services[i]) continue;
    if (changed != nullptr || before.services[i].name != after.services[i].name) return nullptr;
    changed = &after.services[i];
  }
  const bool rest = before.version == after.version && before.trustedProxies == after.trustedProxies &&
                    before.probeKey == after.probeKey && before.listeners == after.listeners &&
                    before.authorities == after.authorities && before.certificates == after.certificates &&
                    before.routes == after.routes && before.log == after.log && before.limits == after.limits;
  return rest ? changed : nullptr;
}

}  // namespace

Delivery::Delivery(net::Loop& loop, const Peers& peers, PortPair earlier,
                   std::function<void(std::string)> rememberPorts)
    : loop_(loop),
      peers_(peers),
      set_(loop, peers, earlier),
      rememberPorts_(std::move(rememberPorts)),
      woken_(loop),
      done_(loop) {}

std::uint64_t Delivery::want(World world, std::set<int> avoid) {
  world_ = std::move(world);
  avoid_ = std::move(avoid);
  pending_ = true;
  woken_.notifyAll();
  return ++wished_;
}

Task<Status> Delivery::ask(Wait wait) {
  std::string method = "GET", path = kTablePath, nothing;
  auto answer = co_await peers_.edge(std::move(method), std::move(path), std::move(nothing), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  if (!good(answer->status) && answer->status != kNotFound) {
    co_return Error{.code = Code::kProtocol, .message = fmt::format("the edge answered {}", answer->status)};
  }
  before_ = model::RouteTable();
  served_.clear();  // no table yet, or none that we know: any new one is another
  if (!good(answer->status)) co_return Status();
  auto reading = table::read(answer->body, "the edge's table");
  if (!reading.problems.empty()) co_return Status();
  served_ = table::write(reading.table);
  before_ = std::move(reading.table);
  co_return Status();
}

Task<std::map<std::string, std::string>> Delivery::learn(Wait wait) {
  std::map<std::string, std::string> known;
  Status asked = co_await ask(wait);
  while (!asked.ok()) {
    const Status slept = co_await loop_.sleep(kSendAgainMin, wait);
    if (!slept.ok()) co_return known;
    asked = co_await ask(wait);
  }
  for (const auto& service : before_->services) {
    for (const auto& release : service.releases) {
      for (const auto& instance : release.instances) known[instance.id] = instance.address;
    }
  }
  co_return known;
}

// Until there is something to bring, or something that could not be had may be there by now.
Task<void> Delivery::woken(Wait wait) {
  const bool lacks = std::any_of(lacking_.begin(), lacking_.end(), [](const auto& row) { return !row.second.empty(); });
  const bool again = lacks || !kept_;
  const Wait limited = again ? wait.until(loop_.clock().now() + kLackingAgain) : wait;
  while (!pending_) {
    const Status woken = co_await woken_.wait(limited);
    if (!woken.ok()) co_return;
  }
}

Task<void> Delivery::run(net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  Duration pause = kSendAgainMin;
  while (!cancel.requested()) {
    co_await woken(wait);
    if (cancel.requested()) co_return;
    pending_ = false;
    delivering_ = true;
    const std::uint64_t wish = wished_;
    const Status delivered = co_await deliver(wait);
    delivering_ = false;
    tried_ = true;
    if (delivered.ok()) {
      pause = kSendAgainMin;
      problem_.clear();
      delivered_ = wish;
      done_.notifyAll();
      continue;
    }
    if (cancel.requested()) co_return;
    if (problem_ != delivered.error().message) log(Level::kWarning, "traffic", delivered.error().text());
    problem_ = delivered.error().message;
    before_.reset();  // whoever answers next may be another edge, or this one have taken it after all
    pending_ = true;
    const Wait limited = wait.until(loop_.clock().now() + pause);
    static_cast<void>(co_await woken_.wait(limited));
    pause = std::min<Duration>(pause * 2, kSendAgainMax);
  }
}

bool Delivery::anything() const {
  const bool unknown = !world_.developmentKnown || !world_.environmentsKnown;
  return world_.listens || !world_.containers.empty() || !world_.domains.empty() || !world_.environments.empty() ||
         (unknown && !before_->routes.empty());
}

Made Delivery::make() const {
  World world = world_;
  world.listeners = listeners_;
  for (const auto& [name, why] : lacking_) world.lacking.insert(name);
  Made made = makeTable(world);
  carry(*before_, world, made.table);
  return made;
}

ListenerSet::Want Delivery::wanted() const {
  ListenerSet::Want want;
  want.everywhere = !world_.domains.empty();
  for (const auto& [key, environment] : world_.environments) {
    for (const auto& service : environment.services) {
      const bool named = !std::all_of(service.hosts.begin(), service.hosts.end(), isLocalHost);
      want.everywhere = want.everywhere || (service.routed && named);
    }
  }
  if (before_ && !world_.environmentsKnown) {
    const auto worldly = [](const auto& route) { return !isLocalHost(route.host); };
    want.everywhere = want.everywhere || std::any_of(before_->routes.begin(), before_->routes.end(), worldly);
  }
  want.avoid = avoid_;
  return want;
}

Task<Status> Delivery::deliver(Wait wait) {
  if (!before_) {
    ORBIT_CO_TRY_STATUS(co_await ask(wait));
  }
  if (!anything() && served_.empty()) co_return Status();
  ORBIT_CO_TRY(const std::string kept, co_await set_.kept(wait));
  listeners_ = parseListeners(kept);
  bool anew = !kept_;
  ORBIT_CO_TRY_STATUS(co_await bindOwn(kept, wait));
  if (anything() && !set_.suits(listeners_, wanted())) {
    std::vector<Listener> fronts = listeners_;
    ORBIT_CO_TRY_STATUS(co_await bind(std::move(fronts), wait));
    anew = true;
  }
  Made made = make();
  co_return co_await send(std::move(made.table), anew, wait);
}

// What environments listen on. One that cannot be had is left out of the table: it must not keep the rest from being
// served. The edge lets go of what its table names no more.
Task<Status> Delivery::bindOwn(const std::string& kept, Wait wait) {
  const std::map<std::string, std::string> before = std::exchange(lacking_, {});
  std::vector<model::TableListener> wanted = make().table.listeners;
  std::map<std::string, std::string> have = parseOwnListeners(kept);
  auto lacking = co_await set_.bindOwn(std::move(wanted), std::move(have), wait);
  if (!lacking.ok()) co_return std::move(lacking).error();
  lacking_ = std::move(*lacking);
  for (const auto& [name, why] : lacking_) {
    if (!why.empty() && !before.contains(name)) log(Level::kWarning, "traffic", name + ": " + why);
  }
  co_return Status();
}

// Others than what hold keeps are wanted: the edge lets go of the old ones first, since the new ones may be a part of
// the same addresses.
Task<Status> Delivery::bind(std::vector<Listener> kept, Wait wait) {
  ListenerSet::Want want = wanted();
  if (!kept.empty()) {
    want.justReleased = portsOf(kept);
    listeners_.clear();
    Made without = make();
    ORBIT_CO_TRY_STATUS(co_await send(std::move(without.table), true, wait));
    ORBIT_CO_TRY_STATUS(co_await set_.release(kept, wait));
  }
  const PortPair before = portsOf(kept);
  ORBIT_CO_TRY(listeners_, co_await set_.bind(want, wait));
  const PortPair now = portsOf(listeners_);
  if (now != before) rememberPorts_(portsText(now));
  co_return Status();
}

Task<Status> Delivery::send(model::RouteTable table, bool anew, Wait wait) {
  std::string text = table::write(table);
  if (text == served_ && !anew) co_return Status();
  const model::TableService* const only = anew || served_.empty() ? nullptr : onlyChange(*before_, table);
  std::string path = only != nullptr ? kServicesPath + only->name : kTablePath;
  std::string body = only != nullptr ? table::writeService(*only) : text;
  ORBIT_CO_TRY_STATUS(co_await put(std::move(path), std::move(body), wait));
  served_ = std::move(text);
  before_ = std::move(table);
  co_return Status();
}

Task<Status> Delivery::put(std::string path, std::string body, Wait wait) {
  std::string method = "PUT";
  auto answer = co_await peers_.edge(std::move(method), std::move(path), std::move(body), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  if (good(answer->status)) {
    const auto told = format::parseJson(answer->body, "the edge's answer");
    kept_ = !told.ok() || (*told)["kept"].asBool(true);
    co_return Status();
  }
  co_return Error{
      .code = Code::kProtocol,
      .message = fmt::format("the edge refused the table ({}): {}", answer->status, std::string(trim(answer->body)))};
}

Task<void> Delivery::delivered(Wait wait) {
  while (pending_ || delivering_) {
    const Status done = co_await done_.wait(wait);
    if (!done.ok()) co_return;
  }
}

Task<Status> Delivery::served(std::uint64_t wish, Wait wait) {
  while (delivered_ < wish) {
    const Status done = co_await done_.wait(wait);
    if (done.ok()) continue;
    if (problem_.empty() || done.error().code != Code::kTimeout) co_return done;
    co_return Error{.code = Code::kUnavailable,
                    .message = "the edge does not serve it yet: " + problem_,
                    .hint = "it is sent again until it does"};
  }
  co_return Status();
}

}  // namespace orbit::traffic

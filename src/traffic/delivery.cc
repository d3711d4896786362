#include "traffic/delivery.h"

#include <fmt/format.h>

#include "base/base.h"
#include "format/json.h"
#include "table/table.h"
#include "traffic/limits.h"

namespace orbit::traffic {
namespace {

using net::Task;
using net::Wait;

constexpr int kNotFound = 404;
constexpr const char* kTablePath = "/v1/table";

bool good(int status) {
  return status >= 200 && status < 300;
}

// The same table in the form that we write.
std::optional<std::string> normal(const std::string& text) {
  const auto reading = table::read(text, "the edge's table");
  if (!reading.problems.empty()) return std::nullopt;
  return table::write(reading.table);
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

void Delivery::want(World world, std::set<int> avoid) {
  world_ = std::move(world);
  avoid_ = std::move(avoid);
  pending_ = true;
  woken_.notifyAll();
}

Task<Status> Delivery::ask(Wait wait) {
  std::string method = "GET", path = kTablePath, nothing;
  auto answer = co_await peers_.edge(std::move(method), std::move(path), std::move(nothing), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  if (good(answer->status)) {
    served_ = normal(answer->body);
  } else if (answer->status != kNotFound) {
    co_return Error{.code = Code::kProtocol, .message = fmt::format("the edge answered {}", answer->status)};
  }
  if (!served_) served_ = "";  // no table yet, or none that we know: any new one is another
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
  if (served_->empty()) co_return known;
  const auto reading = table::read(*served_, "the edge's table");
  for (const auto& service : reading.table.services) {
    for (const auto& release : service.releases) {
      for (const auto& instance : release.instances) known[instance.id] = instance.address;
    }
  }
  co_return known;
}

Task<void> Delivery::run(net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  Duration pause = kSendAgainMin;
  while (!cancel.requested()) {
    while (!pending_) {
      const Status woken = co_await woken_.wait(wait);
      if (!woken.ok()) co_return;
    }
    pending_ = false;
    delivering_ = true;
    const Status delivered = co_await deliver(wait);
    delivering_ = false;
    if (delivered.ok()) {
      pause = kSendAgainMin;
      problem_.clear();
      if (!pending_) done_.notifyAll();
      continue;
    }
    if (cancel.requested()) co_return;
    if (problem_ != delivered.error().message) log(Level::kWarning, "traffic", delivered.error().text());
    problem_ = delivered.error().message;
    pending_ = true;
    static_cast<void>(co_await loop_.sleep(pause, wait));
    pause = std::min<Duration>(pause * 2, kSendAgainMax);
  }
}

ListenerSet::Want Delivery::wanted() const {
  ListenerSet::Want want;
  want.everywhere = !world_.domains.empty();
  want.avoid = avoid_;
  return want;
}

Task<Status> Delivery::deliver(Wait wait) {
  if (!served_) {
    ORBIT_CO_TRY_STATUS(co_await ask(wait));
  }
  const bool anything = !world_.containers.empty() || !world_.domains.empty();
  if (!anything && served_->empty()) co_return Status();
  ORBIT_CO_TRY(const auto kept, co_await set_.kept(wait));
  listeners_ = kept;
  bool anew = false;
  if (anything && !set_.suits(kept, wanted())) {
    ORBIT_CO_TRY_STATUS(co_await bind(kept, wait));
    anew = true;
  }
  World world = world_;
  world.listeners = listeners_;
  const Development made = makeTable(world);
  std::string text = table::write(made.table);
  if (text == *served_ && !anew) co_return Status();
  co_return co_await put(std::move(text), wait);
}

// Others than what hold keeps are wanted: the edge lets go of the old ones first, since the new ones may be a part of
// the same addresses.
Task<Status> Delivery::bind(std::vector<Listener> kept, Wait wait) {
  ListenerSet::Want want = wanted();
  if (!kept.empty()) {
    want.justReleased = portsOf(kept);
    const Development made = makeTable(world_);
    std::string without = table::write(made.table);
    ORBIT_CO_TRY_STATUS(co_await put(std::move(without), wait));
    ORBIT_CO_TRY_STATUS(co_await set_.release(kept, wait));
    listeners_.clear();
  }
  const PortPair before = portsOf(kept);
  ORBIT_CO_TRY(listeners_, co_await set_.bind(want, wait));
  const PortPair now = portsOf(listeners_);
  if (now != before) rememberPorts_(portsText(now));
  co_return Status();
}

Task<Status> Delivery::put(std::string text, Wait wait) {
  std::string method = "PUT", path = kTablePath, body = text;
  auto answer = co_await peers_.edge(std::move(method), std::move(path), std::move(body), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  if (!good(answer->status)) {
    co_return Error{
        .code = Code::kProtocol,
        .message = fmt::format("the edge refused the table ({}): {}", answer->status, std::string(trim(answer->body)))};
  }
  served_ = std::move(text);
  co_return Status();
}

Task<void> Delivery::delivered(Wait wait) {
  while (pending_ || delivering_) {
    const Status done = co_await done_.wait(wait);
    if (!done.ok()) co_return;
  }
}

}  // namespace orbit::traffic

#include "traffic/addresses.h"

#include "base/base.h"
#include "traffic/limits.h"

namespace orbit::traffic {

using net::Task;
using net::Wait;

void Addresses::want(std::set<VirtualAddress> addresses) {
  if (addresses == wanted_) return;
  wanted_ = std::move(addresses);
  for (const auto& one : wanted_) bridges_.insert(one.interface);
  woken_.notifyAll();
}

Task<void> Addresses::put(Wait wait) {
  if (bridges_.empty()) co_return;
  const std::set<VirtualAddress> present = peers_.virtualAddresses();
  const std::set<VirtualAddress> wanted = wanted_;
  for (const auto& one : wanted) {
    if (!present.contains(one)) co_await change("add", one, wait);
  }
  for (const auto& one : present) {
    const bool ours = bridges_.contains(one.interface) && !wanted_.contains(one);
    if (ours) co_await change("remove", one, wait);
  }
}

Task<void> Addresses::change(const char* verb, VirtualAddress address, Wait wait) {
  std::string command = std::string("address ") + verb + " " + address.address + "/32 dev " + address.interface + "\n";
  const auto answer = co_await peers_.hold(std::move(command), wait);
  std::string problem = !answer.ok() ? answer.error().message : *answer == "ok\n" ? "" : std::string(trim(*answer));
  if (problem.empty()) {
    problem_.clear();
    co_return;
  }
  problem = "cannot " + std::string(verb) + " " + address.address + " on " + address.interface + ": " + problem;
  if (problem != problem_) log(Level::kWarning, "traffic", problem + "; trying again");
  problem_ = std::move(problem);
}

Task<void> Addresses::run(net::Cancel& cancel) {
  const Wait wait{Instant::max(), &cancel};
  while (!cancel.requested()) {
    co_await put(wait);
    const bool any = !bridges_.empty();
    const Wait next = any ? wait.until(loop_.clock().now() + kAddressesAgain) : wait;
    static_cast<void>(co_await woken_.wait(next));
  }
}

}  // namespace orbit::traffic

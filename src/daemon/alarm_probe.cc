// Uptime, where nobody asks: each routed service of a deployed environment is asked by its public name.
#include <fmt/format.h>

#include "daemon/alarm.h"
#include "daemon/prober.h"

namespace orbit::daemon {
namespace {

using net::Task;
using net::Wait;

constexpr Duration kProbeEach = std::chrono::seconds(20);
constexpr Duration kLate = std::chrono::seconds(5);  // woken so late, this process is what is slow
constexpr Duration kDown = std::chrono::seconds(60);
constexpr std::size_t kAtOnce = 20;

}  // namespace

Task<void> Alarm::probeOne(deploy::StatusRow row, Wait wait) {
  const ProbeTarget target = targetOf(row.url, parts_.traffic.probeKey());
  if (target.host.empty()) co_return;
  const Status asked = co_await probe(parts_.loop, target, wait);
  if (wait.cancel->requested()) co_return;
  const alert::Place place{row.project, row.environment, row.service};
  if (!settings_.contains({row.project, row.environment})) co_return;  // it ended meanwhile
  observer_.probed(place, asked);
  alert::Condition condition;
  condition.key = {place, "probe", ""};
  condition.bad = !asked.ok();
  condition.severity = model::Severity::kCritical;
  if (!asked.ok()) condition.why = fmt::format("{} does not answer: {}", row.url, asked.error().message);
  condition.hold = kDown;
  alerts_.set(std::move(condition), now());
}

Task<void> Alarm::probeForever(const deploy::Deploy& deploy, Wait wait) {
  while (!wait.cancel->requested()) {
    const Instant due = parts_.loop.clock().now() + kProbeEach;
    const Status slept = co_await parts_.loop.sleep(kProbeEach, wait);
    if (!slept.ok()) co_return;
    if (parts_.loop.clock().now() - due > kLate) continue;
    std::vector<deploy::StatusRow> rows = deploy.status("", "");
    std::erase_if(rows, [this](const auto& row) {
      const auto settings = settings_.find({row.project, row.environment});
      if (row.url.empty() || settings == settings_.end()) return true;
      const auto service = settings->second.services.find(row.service);
      return service == settings->second.services.end() || !service->second.objectives.uptimePercent.on;
    });
    for (std::size_t at = 0; at < rows.size(); at += kAtOnce) {
      net::TaskGroup some(parts_.loop);
      for (std::size_t i = at; i < std::min(rows.size(), at + kAtOnce); ++i) some.add(probeOne(rows[i], wait));
      co_await some.join();
    }
  }
}

}  // namespace orbit::daemon

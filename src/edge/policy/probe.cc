#include "edge/policy/probe.h"

namespace orbit::edge {
namespace {

// `span`, a tenth more or less.
Duration around(Duration span, Random& random) {
  const auto tenth = static_cast<std::uint64_t>(span.count() / 10);
  return span - Duration(tenth) + Duration(random.below(2 * tenth + 1));
}

}  // namespace

Probe::Probe(model::TableHealthCheck check, bool provedHealthy, Random& random, Instant now)
    : check_(std::move(check)), due_(now) {
  const auto interval = static_cast<std::uint64_t>(Duration(check_.interval).count());
  if (provedHealthy) due_ += Duration(random.below(interval + 1));
}

bool Probe::note(InstanceState& instance, std::string why, Random& random, Instant now) {
  const bool passed = why.empty();
  const bool healthy = instance.probedHealthy.load(std::memory_order_relaxed);
  due_ = now + around(check_.interval, random);
  if (!passed) why_ = std::move(why);
  if (passed == healthy) {
    inRow_ = 0;
    if (healthy) why_.clear();
    return false;
  }
  if (++inRow_ < (passed ? check_.rise : check_.fall)) return false;
  inRow_ = 0;
  if (passed) {
    why_.clear();
    instance.startedNs.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  instance.probedHealthy.store(passed, std::memory_order_relaxed);
  return true;
}

std::string probeRequest(const model::TableHealthCheck& check, std::string_view address) {
  if (check.path.empty()) return {};
  std::string_view host = check.host;
  if (host.empty()) host = startsWith(address, "unix:") ? "localhost" : address;
  std::string request = "GET ";
  request.append(check.path).append(" HTTP/1.1\r\nHost: ").append(host);
  return request.append("\r\nUser-Agent: orbit-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

std::string probeVerdict(const model::TableHealthCheck& check, int status) {
  const bool good = status >= static_cast<int>(check.statusMin) && status <= static_cast<int>(check.statusMax);
  return good ? "" : "status " + std::to_string(status);
}

}  // namespace orbit::edge

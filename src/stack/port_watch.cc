#include "stack/port_watch.h"

#include "stack/limits.h"

namespace orbit::stack {
namespace {

using net::Task;
using net::Wait;

bool isLocal(std::string_view address) {
  return startsWith(address, "127.") || address == "::1";
}

std::string firstAddress(const engine::ContainerSummary& container) {
  for (const auto& [network, address] : container.addresses) {
    if (!address.empty()) return address;
  }
  return {};
}

// Errors that say something of the wait or the engine, not of the port.
bool endsWait(const Error& error, const Wait& wait, Instant now) {
  if (error.code == Code::kCancelled) return true;
  return error.code == Code::kTimeout && now >= wait.deadline;
}

}  // namespace

Task<std::string> addressOf(Operation& operation, engine::ContainerDetail container) {
  constexpr std::string_view kContainer = "container:";
  const std::string own = firstAddress(container.summary);
  if (!own.empty()) co_return own;
  const std::string mode = container.hostConfig["NetworkMode"].asString();
  if (mode == "host") co_return "127.0.0.1";
  if (!startsWith(mode, kContainer)) co_return std::string();
  const std::string id = mode.substr(kContainer.size());
  auto partner = co_await operation.engine.inspectContainer(id, operation.wait);
  co_return partner.ok() ? firstAddress(partner->summary) : std::string();
}

Task<Result<bool>> PortWatch::listensOutside(int port, Wait wait) {
  auto all = co_await operation_.engine.listening(id_, wait);
  if (!all.ok()) {
    if (endsWait(all.error(), wait, operation_.loop.clock().now())) co_return std::move(all).error();
    co_return false;
  }
  co_return std::any_of(all->begin(), all->end(),
                        [&](const auto& one) { return one.port == port && !isLocal(one.address); });
}

Task<Result<bool>> PortWatch::accepts(int port, Wait wait) {
  if (address_.empty()) co_return co_await listensOutside(port, wait);
  const Wait brief = wait.until(operation_.loop.clock().now() + kPortProbeTimeout);
  const Status probed = co_await operation_.engine.probeTcp(address_, port, brief);
  if (probed.ok()) co_return true;
  // An engine on another machine: its containers' addresses cannot be dialled from here.
  if (probed.error().code == Code::kUnsupported) co_return co_await listensOutside(port, wait);
  if (endsWait(probed.error(), wait, operation_.loop.clock().now())) co_return probed.error();
  co_return false;
}

Task<Result<bool>> PortWatch::accept(Wait wait) {
  for (const int port : service_.readyPorts) {
    auto one = co_await accepts(port, wait);
    if (!one.ok() || !*one) co_return one;
  }
  open_ = true;
  co_return true;
}

// A twentieth of the time waited so far: soon at first, and never much too late.
Duration PortWatch::gap(Instant since) const {
  const Duration waited = operation_.loop.clock().now() - since;
  return std::clamp<Duration>(waited / 20, kPortGapFirst, kPortGapMost);
}

Task<Status> PortWatch::pause(Duration span, Wait wait) {
  const Instant start = operation_.loop.clock().now();
  if (none() || open_) co_return co_await operation_.loop.sleep(span, wait);
  for (;;) {
    auto all = co_await accept(wait);
    if (!all.ok()) co_return std::move(all).error();
    if (*all) co_return Status();
    const Duration left = start + span - operation_.loop.clock().now();
    if (left <= Duration::zero()) co_return Status();
    ORBIT_CO_TRY_STATUS(co_await operation_.loop.sleep(std::min(left, gap(start)), wait));
  }
}

Task<bool> PortWatch::onlyLocal(Wait wait) {
  auto all = co_await operation_.engine.listening(id_, wait);
  if (!all.ok()) co_return false;
  for (const int port : service_.readyPorts) {
    bool local = false, outside = false;
    for (const auto& one : *all) {
      if (one.port == port) (isLocal(one.address) ? local : outside) = true;
    }
    if (local && !outside) co_return true;
  }
  co_return false;
}

Task<Status> PortWatch::await(Wait wait) {
  const Instant start = operation_.loop.clock().now();
  Instant nextLook = start + kLocalhostPatience;
  for (;;) {
    auto all = co_await accept(wait);
    if (!all.ok()) co_return std::move(all).error();
    if (*all) co_return Status();
    const Instant now = operation_.loop.clock().now();
    bool enough = now - start >= kPortWait;
    if (!enough && now >= nextLook) {
      enough = co_await onlyLocal(wait);
      nextLook = now + kLocalhostPatience;
    }
    if (enough) {
      co_await warn(wait);
      co_return Status();
    }
    ORBIT_CO_TRY_STATUS(co_await operation_.loop.sleep(gap(start), wait));
  }
}

Task<void> PortWatch::warn(Wait wait) {
  auto all = co_await operation_.engine.listening(id_, wait);
  std::vector<std::string> others;
  if (all.ok()) {
    for (const auto& one : *all) others.push_back(std::to_string(one.port));
  }
  Location at = service_.at;
  if (const auto ports = service_.attributeAt.find("ports"); ports != service_.attributeAt.end()) at = ports->second;
  for (const int port : service_.readyPorts) {
    auto open = co_await accepts(port, wait);
    if (!open.ok() || *open) continue;
    const std::string number = std::to_string(port);
    const bool local = all.ok() && std::any_of(all->begin(), all->end(), [&](const auto& one) {
                         return one.port == port && isLocal(one.address);
                       });
    if (local) {
      operation_.warn({"service " + service_.name + " listens on 127.0.0.1:" + number +
                           " inside its container, where nothing outside can connect",
                       "make it listen on 0.0.0.0 (often `--host 0.0.0.0` or HOST=0.0.0.0)", at});
    } else {
      operation_.warn({"service " + service_.name + " does not accept connections on port " + number,
                       others.empty() ? "it listens on no TCP port; look at `orbit logs " + service_.name + "`"
                                      : "it listens on " + join(others, ", ") + "; check `ports:` and its settings",
                       at});
    }
  }
}

}  // namespace orbit::stack

#include "edge/policy/service.h"

namespace orbit::edge {
namespace {

std::uint32_t nextNumber() {
  static std::atomic<std::uint32_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed);
}

std::shared_ptr<InstanceState> find(const ServiceState& in, const model::TableInstance& instance) {
  for (const ReleaseState& release : in.releases) {
    for (const auto& state : release.instances) {
      if (state->id == instance.id && state->address == instance.address) return state;
    }
  }
  return nullptr;
}

Result<std::shared_ptr<InstanceState>> stateOf(const model::TableInstance& instance, const ServicePtr& before,
                                               Instant now) {
  if (before) {
    if (auto kept = find(*before, instance)) return kept;
  }
  ORBIT_TRY(net::Endpoint endpoint, net::parseEndpoint(instance.address));
  auto state = std::make_shared<InstanceState>();
  state->id = instance.id;
  state->address = instance.address;
  state->cookie = opaqueName(instance.id);
  state->endpoint = std::move(endpoint);
  state->number = nextNumber();
  state->startedNs.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  return state;
}

// The same in every edge, and as long as the same releases share.
std::uint32_t saltOf(const model::TableService& config) {
  std::uint32_t salt = 0x811c9dc5;  // FNV-1a
  for (const model::TableRelease& release : config.releases) {
    if (release.draining || release.weight == 0) continue;
    for (const char c : release.id + " ") salt = (salt ^ static_cast<unsigned char>(c)) * 0x01000193;
  }
  return salt;
}

}  // namespace

Result<ServicePtr> nextService(const model::TableService& config, const ServicePtr& before, Instant now) {
  auto next = std::make_shared<ServiceState>();
  next->config = config;
  const bool http = config.protocol == model::TableService::Protocol::kHttp;
  // Two services of one host would take each other's cookie without the service's name in it.
  const std::string suffix = opaqueName(config.name).substr(0, 6);
  if (http && config.releases.size() > 1) next->releaseCookieName = "orbit_rel_" + suffix;
  if (http && !config.stickyCookie.empty()) {
    next->instanceCookieName = config.stickyCookie;
  } else if (http && config.stickyInstance) {
    next->instanceCookieName = "orbit_to_" + suffix;
  }
  next->releases.reserve(config.releases.size());
  for (const model::TableRelease& release : config.releases) {
    ReleaseState& state = next->releases.emplace_back();
    state.id = release.id;
    state.weight = release.weight;
    state.watched = release.watched;
    state.draining = release.draining;
    state.pin = release.pin;
    if (http && !state.pin.empty()) next->pinCookieName = "orbit_pin_" + suffix;
    state.instances.reserve(release.instances.size());
    for (const model::TableInstance& instance : release.instances) {
      auto made = stateOf(instance, before, now);
      if (!made) return std::move(made).error().within("service " + config.name + ", instance " + instance.id);
      state.instances.push_back(std::move(made).value());
    }
  }
  next->salt = saltOf(config);
  next->warmFromNs.store(warmFrom(*next), std::memory_order_relaxed);
  return ServicePtr(std::move(next));
}

std::int64_t warmFrom(const ServiceState& service) {
  std::int64_t latest = 0;
  for (const ReleaseState& release : service.releases) {
    for (const auto& instance : release.instances) {
      latest = std::max(latest, instance->startedNs.load(std::memory_order_relaxed));
    }
  }
  return latest + std::chrono::nanoseconds(service.config.slowStart).count();
}

void drainGone(const ServiceState& before, const ServiceState* after) {
  for (const ReleaseState& release : before.releases) {
    for (const auto& state : release.instances) {
      const bool kept = after != nullptr && find(*after, {state->id, state->address}) == state;
      if (!kept) state->draining.store(true, std::memory_order_relaxed);
    }
  }
}

bool isResting(const InstanceState& instance, Instant now) {
  return instance.restingUntilNs.load(std::memory_order_relaxed) > now.time_since_epoch().count();
}

void noteSuccess(InstanceState& instance) {
  // Reading first keeps the line shared between workers when all is well.
  if (instance.failuresInRow.load(std::memory_order_relaxed) != 0) {
    instance.failuresInRow.store(0, std::memory_order_relaxed);
  }
  if (instance.restingUntilNs.load(std::memory_order_relaxed) != 0) {
    instance.restingUntilNs.store(0, std::memory_order_relaxed);
  }
}

void noteFailure(InstanceState& instance, const model::TableService& config, Instant now) {
  if (config.passiveFall == 0) return;
  const std::uint32_t failures = instance.failuresInRow.fetch_add(1, std::memory_order_relaxed) + 1;
  if (failures < config.passiveFall) return;
  instance.restingUntilNs.store((now + config.passiveRest).time_since_epoch().count(), std::memory_order_relaxed);
}

}  // namespace orbit::edge

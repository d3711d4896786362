// Who gets the next request. A pool is looked at in two passes over its instances, without memory of its own: first how
// many are in which condition, then who is drawn. A pool in which all is well is not even looked at: two draws.
#include "edge/policy/secret.h"
#include "edge/policy/service.h"

namespace orbit::edge {
namespace {

using Instances = std::vector<std::shared_ptr<InstanceState>>;

constexpr std::uint32_t kWholeWeight = 1024;

enum class Condition : unsigned { kFit, kUnready, kResting, kGone };
constexpr std::size_t kConditions = 4;

// Below 2^-32 of bias, and no division.
std::uint32_t drawBelow(Random& random, std::uint32_t bound) {
  return static_cast<std::uint32_t>(((random.next() >> 32) * bound) >> 32);
}

// A rest that is over: one request may try. Whoever moves the end of the rest on is the one; should its outcome never
// be told (the client went away), the next try comes a rest later.
bool takesTrial(InstanceState& instance, std::int64_t restingUntil, std::int64_t nowNs, std::int64_t restNs) {
  if (restingUntil == 0 || restingUntil > nowNs || instance.draining.load(std::memory_order_relaxed)) return false;
  return instance.restingUntilNs.compare_exchange_strong(restingUntil, nowNs + restNs, std::memory_order_relaxed);
}

Condition conditionOf(const InstanceState& instance) {
  if (instance.draining.load(std::memory_order_relaxed)) return Condition::kGone;
  if (instance.restingUntilNs.load(std::memory_order_relaxed) != 0) return Condition::kResting;
  return instance.probedHealthy.load(std::memory_order_relaxed) ? Condition::kFit : Condition::kUnready;
}

std::uint32_t busy(const InstanceState& instance) {
  return instance.active.load(std::memory_order_relaxed);
}

class Draw {
 public:
  Draw(const ServiceState& service, const InstanceState* avoided, Random& random, Instant now)
      : service_(service),
        avoided_(avoided),
        random_(random),
        nowNs_(now.time_since_epoch().count()),
        restNs_(std::chrono::nanoseconds(service.config.passiveRest).count()),
        slowStartNs_(std::chrono::nanoseconds(service.config.slowStart).count()) {}

  InstanceState* from(const Instances& instances) {
    if (instances.size() == 1) return instances.front().get();
    if (slowStartNs_ == 0 || nowNs_ >= service_.warmFromNs.load(std::memory_order_relaxed)) {
      if (InstanceState* quick = twoAnywhere(instances)) return quick;
    }
    return lookAtAll(instances);
  }

 private:
  // Two different instances, if both are fit: among pools of the fit alone as even as a full look.
  InstanceState* twoAnywhere(const Instances& instances) {
    const auto size = static_cast<std::uint32_t>(instances.size());
    const std::uint32_t first = drawBelow(random_, size);
    std::uint32_t second = drawBelow(random_, size - 1);
    if (second >= first) ++second;
    InstanceState* const a = instances[first].get();
    InstanceState* const b = instances[second].get();
    if (a == avoided_ || b == avoided_) return nullptr;
    if (weightOf(*a) != kWholeWeight || weightOf(*b) != kWholeWeight) {
      service_.warmFromNs.store(warmFrom(service_), std::memory_order_relaxed);
      return nullptr;
    }
    if (conditionOf(*a) != Condition::kFit || conditionOf(*b) != Condition::kFit) return nullptr;
    return busy(*b) < busy(*a) ? b : a;
  }

  std::uint32_t weightOf(const InstanceState& instance) const {
    if (slowStartNs_ == 0) return kWholeWeight;
    const std::int64_t age = nowNs_ - instance.startedNs.load(std::memory_order_relaxed);
    if (age >= slowStartNs_) return kWholeWeight;
    if (age <= 0) return 1;
    return std::max(
        1U, static_cast<std::uint32_t>(static_cast<double>(age) * kWholeWeight / static_cast<double>(slowStartNs_)));
  }

  InstanceState* lookAtAll(const Instances& instances) {
    std::array<std::uint64_t, kConditions> weights{};
    std::array<std::uint32_t, kConditions> counts{};
    InstanceState* avoided = nullptr;
    for (const auto& held : instances) {
      InstanceState& instance = *held;
      if (&instance == avoided_) {
        avoided = &instance;
        continue;
      }
      const std::int64_t until = instance.restingUntilNs.load(std::memory_order_relaxed);
      // A request that failed once already is no trial.
      if (until != 0 && avoided_ == nullptr && takesTrial(instance, until, nowNs_, restNs_)) return &instance;
      const auto condition = static_cast<std::size_t>(conditionOf(instance));
      ++counts[condition];
      weights[condition] += weightOf(instance);
    }
    const Condition wanted = pick(counts);
    // Back to the one that failed, when the others are known to be worse.
    if (avoided != nullptr && wanted > Condition::kUnready && conditionOf(*avoided) < wanted) return avoided;
    return twoOf(instances, wanted, weights[static_cast<std::size_t>(wanted)]);
  }

  // Which kind of instance serves.
  Condition pick(const std::array<std::uint32_t, kConditions>& counts) {
    const std::uint32_t fit = counts[0], unready = counts[1], resting = counts[2];
    const std::uint32_t half = (fit + unready + resting + 1) / 2;
    if (fit > 0 && (fit >= half || unready == 0)) return Condition::kFit;
    if (fit > 0) return drawBelow(random_, half) < fit ? Condition::kFit : Condition::kUnready;
    if (unready > 0) return Condition::kUnready;
    return resting > 0 ? Condition::kResting : Condition::kGone;
  }

  // Two draws by weight among those in one condition. Others change them meanwhile: whoever was seen last will do.
  InstanceState* twoOf(const Instances& instances, Condition wanted, std::uint64_t weight) {
    InstanceState* const first = oneOf(instances, wanted, weight, nullptr);
    if (first == nullptr) return instances.front().get();  // all of them changed
    const std::uint32_t firstWeight = weightOf(*first);
    if (weight <= firstWeight) return first;
    InstanceState* const second = oneOf(instances, wanted, weight - firstWeight, first);
    if (second == nullptr) return first;
    const bool lessBusy = std::uint64_t{busy(*second)} * firstWeight < std::uint64_t{busy(*first)} * weightOf(*second);
    return lessBusy ? second : first;
  }

  InstanceState* oneOf(const Instances& instances, Condition wanted, std::uint64_t weight,
                       const InstanceState* besides) {
    std::uint64_t left =
        weight < (1ULL << 32) ? drawBelow(random_, static_cast<std::uint32_t>(weight)) : random_.below(weight);
    InstanceState* last = nullptr;
    for (const auto& held : instances) {
      InstanceState* const instance = held.get();
      if (instance == avoided_ || instance == besides || conditionOf(*instance) != wanted) continue;
      last = instance;
      const std::uint32_t own = weightOf(*instance);
      if (left < own) return instance;
      left -= own;
    }
    return last;
  }

  const ServiceState& service_;
  const InstanceState* avoided_;
  Random& random_;
  std::int64_t nowNs_, restNs_, slowStartNs_;
};

// The finaliser of MurmurHash3: one to one.
std::uint32_t mixed(std::uint32_t draw) {
  draw = (draw ^ (draw >> 16)) * 0x85ebca6b;
  draw = (draw ^ (draw >> 13)) * 0xc2b2ae35;
  return draw ^ (draw >> 16);
}

const ReleaseState* byWeight(const ServiceState& service, const ReleaseState* avoided, std::uint32_t draw) {
  const auto usable = [avoided](const ReleaseState& release) {
    return &release != avoided && !release.instances.empty();
  };
  std::uint64_t sum = 0;
  const ReleaseState* only = nullptr;    // the last that has a share
  const ReleaseState* resort = nullptr;  // best of those that have none
  for (const ReleaseState& release : service.releases) {
    if (!usable(release)) continue;
    if (!release.draining && release.weight > 0) {
      sum += release.weight;
      only = &release;
    } else if (resort == nullptr || (resort->draining && !release.draining)) {
      resort = &release;
    }
  }
  if (only == nullptr) return resort;
  if (sum == only->weight) return only;
  std::uint64_t left = sum * mixed(draw ^ service.salt) >> 32;
  for (const ReleaseState& release : service.releases) {
    if (!usable(release) || release.draining) continue;
    if (left < release.weight) return &release;
    left -= release.weight;
  }
  return only;
}

// The instance that the visitor's cookie names, unless it cannot be used.
InstanceState* stuckTo(const ReleaseState& release, const Wish& wish) {
  for (const auto& instance : release.instances) {
    if (instance->cookie != wish.instanceCookie) continue;
    const Condition condition = conditionOf(*instance);
    const bool usable = condition == Condition::kFit || condition == Condition::kUnready;
    return usable && instance.get() != wish.notInstance ? instance.get() : nullptr;
  }
  return nullptr;
}

}  // namespace

const ReleaseState* pinned(const ServiceState& service, std::string_view pin) {
  if (pin.empty()) return nullptr;
  for (const ReleaseState& release : service.releases) {
    if (sameSecret(pin, release.pin)) return &release;
  }
  return nullptr;
}

Choice choose(const ServiceState& service, const Wish& wish, Random& random, Instant now) {
  Choice choice;
  if (wish.onRelease != nullptr) {
    choice.release = wish.onRelease->instances.empty() ? nullptr : wish.onRelease;
  } else if (service.releases.size() == 1 && wish.notRelease == nullptr) {
    const ReleaseState& only = service.releases.front();
    choice.release = only.instances.empty() ? nullptr : &only;
  } else {
    const ReleaseState* const asked = pinned(service, wish.pin);
    if (asked != nullptr && asked != wish.notRelease && !asked->instances.empty()) {
      choice.release = asked;
    } else {
      const bool kept = readDraw(wish.releaseCookie, choice.draw);
      if (!kept) choice.draw = static_cast<std::uint32_t>(random.next() >> 32);
      choice.release = byWeight(service, wish.notRelease, choice.draw);
      choice.setReleaseCookie = !kept && !service.releaseCookieName.empty() && wish.notRelease == nullptr;
    }
  }
  if (choice.release == nullptr) return Choice{};
  if (!wish.instanceCookie.empty()) choice.instance = stuckTo(*choice.release, wish);
  if (choice.instance == nullptr) {
    choice.instance = Draw(service, wish.notInstance, random, now).from(choice.release->instances);
    choice.setInstanceCookie = !service.instanceCookieName.empty() && wish.notRelease == nullptr;
  }
  return choice;
}

}  // namespace orbit::edge

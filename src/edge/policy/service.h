// What is known of a service while it is served: which releases and instances, how busy and how healthy they are; and
// who gets the next request. Survives table swaps: instances are found again by address. Decisions are pure given the
// state, a random number and an instant. Private to edge. Thread rules: a ServiceState is shared by all workers and the
// control thread: numbers are relaxed atomics, its shape is immutable (a swap makes a new one that shares the
// InstanceStates).
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "model/route_table.h"
#include "net/socket.h"

namespace orbit::edge {

struct InstanceState {
  std::string id, address;
  net::Endpoint endpoint;
  std::uint32_t number = 0;  // unique in the process: workers index their pools by it
  std::atomic<std::uint32_t> active{0};
  std::atomic<std::uint32_t> failuresInRow{0};  // passive
  std::atomic<std::int64_t> restingUntilNs{0};  // steady; passive health took it out
  std::atomic<std::int64_t> startedNs{0};       // slow start counts from here
  std::atomic<bool> probedHealthy{true};        // active health
  std::atomic<bool> draining{false};
};

struct ReleaseState {
  std::string id;
  unsigned weight = 100;
  bool watched = false, draining = false;
  std::vector<std::shared_ptr<InstanceState>> instances;
};

struct ServiceState {
  model::TableService config;
  std::vector<ReleaseState> releases;
};
using ServicePtr = std::shared_ptr<const ServiceState>;

// The next shape of a service: keeps InstanceStates whose address is still there. `before` may be null.
// Errors: kInvalid (an address that is none).
Result<ServicePtr> nextService(const model::TableService& config, const ServicePtr& before, Instant now);

// What a request brings to the choice.
struct Wish {
  std::string_view releaseCookie;  // value of the edge's own cookie, "" when none
  std::string_view instanceCookie;
  std::uint64_t clientHash = 0;                // of a client without cookies (TCP)
  const ReleaseState* notRelease = nullptr;    // shield: any other
  const InstanceState* notInstance = nullptr;  // retry: another if there is one
};
struct Choice {
  const ReleaseState* release = nullptr;  // null: nobody can serve this
  std::shared_ptr<InstanceState> instance;
  bool setReleaseCookie = false;  // the visitor is to stay on this side
  bool setInstanceCookie = false;
};
// Two random choices, the less busy one; readiness only weighs: never below half the pool, never the last (21).
Choice choose(const ServiceState& service, const Wish& wish, Random& random, Instant now);

// Outcome of an attempt, for passive health.
void noteSuccess(InstanceState& instance);
void noteFailure(InstanceState& instance, const model::TableService& config, Instant now);

// The edge's cookie: release id and nothing that can be traced; "" name: the service needs none.
std::string releaseCookieName(const ServiceState& service);
std::string cookieLine(std::string_view name, std::string_view value, bool https);
// The value of a cookie in a Cookie field, or "".
std::string_view cookieValue(std::string_view cookies, std::string_view name);

// Retries that a service may still make: a share of recent requests, so that retries never double an outage.
class RetryBudget {
 public:
  void onRequest(Instant now);
  bool take(const model::TableService& config, Instant now);

 private:
  static constexpr std::size_t kSeconds = 10;
  struct Second {
    std::int64_t number = -1;
    std::uint32_t requests = 0, retries = 0;
  };
  Second seconds_[kSeconds];
};

}  // namespace orbit::edge

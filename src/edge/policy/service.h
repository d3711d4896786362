// What is known of a service while it is served: which releases and instances, how busy and how healthy they are; and
// who gets the next request. Survives table swaps: instances are found again by id and address. Decisions are pure
// given the state, random numbers and an instant. Private to edge. Thread rules: a ServiceState is shared by all
// workers and the control thread: numbers are relaxed atomics, its shape is immutable (a swap makes a new one that
// shares the InstanceStates). Pointers into it live as long as the ServicePtr that was asked.
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

struct InstanceState : std::enable_shared_from_this<InstanceState> {
  std::string id, address;
  std::string cookie;  // what stickiness names it by: a short hash, the same in every edge
  net::Endpoint endpoint;
  std::uint32_t number = 0;  // unique in the process, never used again: workers index their pools by it
  // Written by every worker: on a cache line of its own.
  alignas(64) std::atomic<std::uint32_t> active{0};
  std::atomic<std::uint32_t> failuresInRow{0};  // passive
  // Steady; 0: not resting. Passive health took it out until then; past it, whoever sends the one trial request moves
  // it on, and its success sets it to 0.
  std::atomic<std::int64_t> restingUntilNs{0};
  std::atomic<std::int64_t> startedNs{0};  // slow start counts from here
  std::atomic<bool> probedHealthy{true};   // active health
  std::atomic<bool> draining{false};       // in no table any more
};

struct ReleaseState {
  std::string id;
  unsigned weight = 100;
  bool watched = false, draining = false;
  std::string pin;
  std::vector<std::shared_ptr<InstanceState>> instances;
};

struct ServiceState {
  model::TableService config;
  std::vector<ReleaseState> releases;
  // "" : not needed. Releases: when there are several. Instances: when the service asks for it.
  std::string releaseCookieName, instanceCookieName;
  std::string pinCookieName;  // "" : no release has a pin
  // Of the releases that share the visitors: so that it is not the same ones who are drawn first, deploy after deploy.
  std::uint32_t salt = 0;
  // Steady: from then on, as far as is known, no instance is in its slow start. One that starts anew meanwhile shows
  // when it is drawn.
  mutable std::atomic<std::int64_t> warmFromNs{0};
};
using ServicePtr = std::shared_ptr<const ServiceState>;

// The next shape of a service: keeps the InstanceStates whose id and address are still there, in whatever release.
// `before` may be null. Changes nothing in `before`. Errors: kInvalid (an address that is none).
Result<ServicePtr> nextService(const model::TableService& config, const ServicePtr& before, Instant now);
// When the last of them is through its slow start.
std::int64_t warmFrom(const ServiceState& service);
// Marks the instances of `before` that `after` (null: none) has no more as draining, once the swap is done: pooled
// connections to them are to be closed.
void drainGone(const ServiceState& before, const ServiceState* after);

// What a request brings to the choice.
struct Wish {
  std::string_view releaseCookie = {};  // value of the edge's own cookie, "" when none: see drawText()
  std::string_view instanceCookie = {};
  std::string_view pin = {};                   // the secret of a release: goes before the draw
  const ReleaseState* onRelease = nullptr;     // retry: evidence belongs to the release that was chosen first
  const ReleaseState* notRelease = nullptr;    // shield: any other
  const InstanceState* notInstance = nullptr;  // retry: another if there is one
};
struct Choice {
  const ReleaseState* release = nullptr;  // null: nobody can serve this
  InstanceState* instance = nullptr;      // set when release is
  std::uint32_t draw = 0;                 // where among the releases the visitor stands
  bool setReleaseCookie = false;          // the visitor is to keep `draw`; never for a shield or a retry
  bool setInstanceCookie = false;
};
// The release: drawn by weight; draining ones and those of weight 0 only when there is no other. A visitor's cookie
// keeps the draw and not the release, so that who is on a side stays there while its share grows, and who must leave it
// leaves it with the next request: a release that is taken back has nobody, at once. The instance: the less busy one of
// two random choices among the fit. Readiness only weighs (21): the unready get nothing while half of the instances are
// fit; below that they fill the pool up to half, so that an instance that is fit never takes more than twice its share.
// Resting ones get nothing while another can be used, but for the one trial request when the rest is over. The last one
// is always used.
Choice choose(const ServiceState& service, const Wish& wish, Random& random, Instant now);

bool isResting(const InstanceState& instance, Instant now);
// Outcome of an attempt, for passive health.
void noteSuccess(InstanceState& instance);
void noteFailure(InstanceState& instance, const model::TableService& config, Instant now);

// The release whose secret this is; null when there is none.
const ReleaseState* pinned(const ServiceState& service, std::string_view pin);
// A draw as the cookie has it, 8 hexadecimal digits; and back, false for anything else.
std::string drawText(std::uint32_t draw);
bool readDraw(std::string_view text, std::uint32_t& draw);
// A short name that does not tell what it stands for and is the same in every edge: 11 letters and digits.
std::string opaqueName(std::string_view text);
// "Set-Cookie: NAME=VALUE; …\r\n". For a day; a visitor who stays away longer is drawn anew.
std::string cookieLine(std::string_view name, std::string_view value, bool https);
// The value of a cookie in a Cookie field, or "".
std::string_view cookieValue(std::string_view cookies, std::string_view name);

// Retries that a service may still make: a share of the requests of the last ten seconds, and at least three a second,
// so that retries never double an outage. Thread rules: one for each worker and service.
class RetryBudget {
 public:
  void onRequest(Instant now);
  bool take(const model::TableService& config, Instant now);

 private:
  static constexpr std::int64_t kSeconds = 10;
  static constexpr std::uint32_t kAlwaysPerSecond = 3;
  struct Second {
    std::int64_t number = -1;
    std::uint32_t requests = 0, retries = 0;
  };
  Second& second(Instant now);
  Second seconds_[kSeconds];
};

}  // namespace orbit::edge

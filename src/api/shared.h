// What the verbs share, and the few steps that each of them takes. Private to api. Thread rules: the thread of its
// Loop.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "api/api.h"
#include "api/context_folder.h"
#include "api/event_stream.h"
#include "api/project_queue.h"
#include "api/target.h"

namespace orbit::api {

struct Shared {
  explicit Shared(const Services& given)
      : services(given), contexts(given.contextsFolder), queue(given.loop), random(Random::fromSystem()) {}
  std::string newId() { return orbit::newId(services.loop.clock().wallUs(), random); }

  Services services;
  ContextFolder contexts;
  ProjectQueue queue;
  Random random;
};

// A plain answer that fails: a status by the error's code, a `problem` as body.
net::Task<void> refuse(http::Exchange& exchange, Error error);
net::Task<void> answer(http::Exchange& exchange, format::Json body);

// How long an answer waits for the URLs in it: a daemon that has just started, or what has, takes a moment to know
// them.
inline constexpr auto kUrlTime = std::chrono::seconds(2);

// The deadline for what only asks the engine: nobody waits longer for a listing.
net::Wait shortWait(const Shared& shared, net::Cancel& cancel);

// Cancelled when the caller goes away and when the daemon ends.
class CallerCancel {
 public:
  CallerCancel(Shared& shared, http::Exchange& exchange);
  net::Cancel& cancel() { return cancel_; }

 private:
  net::Cancel cancel_;
  net::Cancel::Registration gone_;
};

// A changing operation: waits for the project's turn, writes the journal before and after, tells failures and needs.
struct Change {
  std::string kind;
  std::string project;
  bool frees = false;  // works (with a warning) when the journal cannot be written: `down` is how space is freed
};
using Work = std::function<net::Task<stack::Outcome>(net::Wait)>;
// Returns the outcome for the result: ok, failed, cancelled or need.
net::Task<std::string> change(Shared& shared, http::Exchange& exchange, EventStream& stream, Change what, Work work);

// An operation in the journal: its id, and later how it ended. Errors of begin: the store's.
net::Task<Result<std::string>> beginOperation(Shared& shared, std::string kind, std::string project);
net::Task<void> endOperation(Shared& shared, std::string id, std::string outcome, std::string detail);
std::string detailOf(const std::vector<stack::Failure>& failures);

// A write of the store: its `done` comes from the writer's thread (net::fromThread).
using Write = std::function<void(store::Store::Done)>;

// Tells the reading's events; the target, or nullptr.
Target* tellReading(EventStream& stream, TargetReading& reading);

// The whole of a verb that changes by plan and may build (up, build, run): uploaded contexts by their tokens, the plan,
// the change, its result. Contexts stay for the next round when more is needed. `operation` must not be a coroutine
// itself.
using PlanOperation = std::function<net::Task<stack::Outcome>(
    EventStream& stream, const model::Plan& plan, std::map<std::string, std::string> contextFiles, net::Wait wait)>;
net::Task<void> changeByPlan(Shared& shared, http::Exchange& exchange, std::string kind, const TargetRequest& target,
                             std::map<std::string, std::string> contexts, PlanOperation operation);

}  // namespace orbit::api

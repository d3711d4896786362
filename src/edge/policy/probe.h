// Active health of one instance: when to ask it, how to ask, and what its answers mean. Decisions only; the control
// thread dials, keeps the deadline (`timeout` of the check) and tells the outcome. Private to edge. Thread rules: the
// control thread's; what it decides reaches the workers by InstanceState's atomics.
#pragma once
#include <string>
#include <string_view>

#include "edge/policy/service.h"

namespace orbit::edge {

class Probe {
 public:
  // The first one comes at once for an instance that is new and unproved, else within an interval, drawn by chance, so
  // that instances are not asked all at once.
  Probe(model::TableHealthCheck check, bool provedHealthy, Random& random, Instant now);
  Instant due() const { return due_; }

  // What a probe came to. `why`: "refused", "no answer in 2s", "status 503"; "" when it passed.
  // Sets the instance's health when as many in a row as `rise` or `fall` say agree; a recovered one starts slowly
  // again. True when its health changed.
  bool note(InstanceState& instance, std::string why, Random& random, Instant now);
  // Of the last failure, for as long as the instance is taken for unhealthy; else "".
  std::string_view why() const { return why_; }

 private:
  void schedule(Random& random, Instant now);

  model::TableHealthCheck check_;
  Instant due_;
  unsigned inRow_ = 0;  // outcomes in a row that speak against what it is taken for
  std::string why_;
};

// The whole of a probe's request (HTTP/1.1, closed after its answer); "" for a check by connecting alone.
std::string probeRequest(const model::TableHealthCheck& check, std::string_view address);
// "" when it passes, else what is wrong.
std::string probeVerdict(const model::TableHealthCheck& check, int status);

}  // namespace orbit::edge

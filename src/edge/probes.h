// Active health: asks each instance whose service has a health check, again and again, and sets its state by the
// rise and fall of policy/probe.h. Nothing of it counts as traffic (decision 14). Private to edge. Thread rules: the
// control thread's loop; the workers read InstanceState's atomics.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "edge/policy/probe.h"
#include "edge/worker/runtime.h"
#include "net/net.h"

namespace orbit::edge {

class Probes {
 public:
  explicit Probes(net::Loop& loop) : loop_(loop), tasks_(loop) {}
  // From now on these and no others; an instance whose check is the same is asked on in its rhythm.
  void follow(const TableRuntime& table);
  // Why it is taken for unhealthy, or "".
  std::string why(const InstanceState& instance) const;

 private:
  struct Row {
    Row(std::shared_ptr<InstanceState> of, const model::TableHealthCheck& with, Random& random, Instant now)
        : instance(std::move(of)), check(with), probe(with, instance->probedHealthy, random, now) {}
    std::shared_ptr<InstanceState> instance;
    model::TableHealthCheck check;
    Probe probe;
    net::Cancel cancel;
  };
  net::Task<void> watch(std::shared_ptr<Row> row);
  net::Task<std::string> ask(std::shared_ptr<Row> row);

  net::Loop& loop_;
  Random random_ = Random::fromSystem();
  std::map<std::uint32_t, std::shared_ptr<Row>> rows_;  // by InstanceState::number
  net::TaskGroup tasks_;
};

}  // namespace orbit::edge

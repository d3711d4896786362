// When is a container of use to those who wait for it? (decision 20)
//
// - With a healthcheck (the file's, else the image's): its probe passes twice, at least 300 ms apart. Orbit runs it
//   itself, at once after the start, then after 50 ms, 100 ms, … up to the file's interval, so that nobody waits five
//   seconds for a database that was ready in one. `timeout`, `retries` and `start_period` keep their meaning for
//   deciding that it will not become healthy.
// - Then each port that dependants' URLs or the file's ports name accepts on the container's address, waited for at
//   most 30 s, then a warning and on. (The official Postgres image runs a temporary server on its unix socket first:
//   the probe passes, and TCP is refused for seconds.) A port that begins to accept wakes the prober early.
// - Without a healthcheck: it runs and those ports accept; without ports either, it ran for 300 ms.
// - An exit, or the engine's own `unhealthy`, ends the wait at once; a container that its restart policy brings back is
//   given three tries.
// Thread rules: the thread of the operation's Loop.
#pragma once
#include "stack/operation.h"

namespace orbit::stack {

struct HealthTarget {
  const model::Service* service = nullptr;
  std::string id, name;
  const engine::ImageDetail* image = nullptr;             // for the image's own healthcheck; may be null
  std::optional<engine::ContainerSummary> seen;           // of one that ran before this operation
  const std::map<std::string, std::int64_t>* known = {};  // id → startedUs of those seen healthy before
};

struct HealthResult {
  enum class Kind {
    kHealthy,
    kFinished,  // ended with exit code 0, and nobody said that it should stay
    kFailed,
  };
  Kind kind = Kind::kHealthy;
  Failure failure;             // kFailed
  std::int64_t startedUs = 0;  // kHealthy: 0 when it was not asked for
};

net::Task<HealthResult> waitHealthy(Operation& operation, HealthTarget target, net::Wait wait);

// The probe that applies: the file's, with the image's test where the file gives only timings, else the image's;
// nullopt when there is none. Its `test` is ready to run: {"CMD", …} and {"CMD-SHELL", …} are resolved. Pure.
std::optional<model::HealthCheck> effectiveCheck(const model::Service& service, const engine::ImageDetail* image);

}  // namespace orbit::stack

#include "stack/health.h"

#include "stack/failure.h"
#include "stack/limits.h"
#include "stack/port_watch.h"

namespace orbit::stack {
namespace {

using engine::ContainerDetail;
using engine::ContainerState;
using net::Task;
using net::Wait;

class Watch {
 public:
  Watch(Operation& operation, HealthTarget target, Wait wait)
      : operation_(operation),
        target_(std::move(target)),
        wait_(wait),
        check_(effectiveCheck(*target_.service, target_.image)),
        ports_(operation, *target_.service, target_.id) {}

  Task<HealthResult> run() {
    if (target_.seen) {
      auto early = co_await fromBefore(*target_.seen);
      if (early) co_return std::move(*early);
    }
    for (;;) {
      auto detail = co_await operation_.engine.inspectContainer(target_.id, wait_);
      if (!detail.ok()) co_return refused(std::move(detail).error());
      const bool running = detail->summary.state == ContainerState::kRunning;
      if (!running || restartedTooOften(*detail)) {
        auto end = co_await ended(*detail);
        if (end) co_return std::move(*end);
        continue;
      }
      if (const auto known = knownStart(); known && *known == detail->startedUs) co_return healthy(detail->startedUs);
      ports_.setAddress(co_await addressOf(operation_, *detail));
      const Status probed = co_await attempt();
      if (probed.ok()) {
        const bool sure = co_await runsStill(*detail);
        if (sure) co_return healthy(detail->startedUs);
        continue;
      }
      if (unhealthy_) {
        HealthResult result{HealthResult::Kind::kFailed, {}, 0};
        result.failure = co_await explainUnhealthy(operation_, *target_.service, target_.id, target_.name, said_);
        co_return result;
      }
      const Code code = probed.error().code;
      // kConflict: an exec into a container that just ended. The next look says how.
      if (!exited_ && code != Code::kConflict) co_return refused(probed.error());
      exited_ = false;
    }
  }

 private:
  static HealthResult healthy(std::int64_t startedUs) { return {HealthResult::Kind::kHealthy, {}, startedUs}; }

  HealthResult refused(Error error) {
    const std::string& name = target_.service->name;
    if (error.code == Code::kTimeout) {
      error.message = "service " + name + " was not healthy in time";
      error.hint = "look at `orbit logs " + name + "`, or wait longer with --wait-timeout";
      error.at = target_.service->at;
    }
    return {HealthResult::Kind::kFailed, Failure{std::move(error), name, target_.name, 0, {}, ""}, 0};
  }

  std::optional<std::int64_t> knownStart() const {
    if (target_.known == nullptr) return std::nullopt;
    const auto found = target_.known->find(target_.id);
    return found == target_.known->end() ? std::nullopt : std::optional(found->second);
  }

  // What the list of containers tells of one that ran before: enough for most, without another call.
  Task<std::optional<HealthResult>> fromBefore(const engine::ContainerSummary& seen) {
    if (seen.state != ContainerState::kRunning) co_return std::nullopt;
    if (seen.health == "unhealthy") {
      HealthResult result{HealthResult::Kind::kFailed, {}, 0};
      result.failure = co_await explainUnhealthy(operation_, *target_.service, target_.id, target_.name, said_);
      co_return result;
    }
    if (check_ && seen.health != "healthy") co_return std::nullopt;
    if (ports_.none()) co_return healthy(0);
    // The engine's `healthy` says nothing of the ports.
    for (const auto& [network, address] : seen.addresses) {
      if (address.empty()) continue;
      ports_.setAddress(address);
      auto open = co_await ports_.accept(wait_);
      if (open.ok() && *open) co_return healthy(0);
      break;
    }
    co_return std::nullopt;
  }

  bool restartedTooOften(const ContainerDetail& detail) {
    if (firstRestarts_ < 0) firstRestarts_ = target_.seen ? detail.restartCount : 0;
    if (detail.exitCode != 0) lastExit_ = detail.exitCode;
    return detail.restartCount - firstRestarts_ >= kRestartsMost;
  }

  // Whether what was probed was one and the same run. With a probe or a port it is sure enough; without, a restart
  // policy may have brought it back behind our back, which the engine's wait does not tell.
  Task<bool> runsStill(const ContainerDetail& before) {
    if (check_ || !ports_.none()) co_return true;
    auto now = co_await operation_.engine.inspectContainer(target_.id, wait_);
    co_return !now.ok() || (now->summary.state == ContainerState::kRunning && now->startedUs == before.startedUs);
  }

  // It does not run: nullopt when its restart policy brings it back and it deserves another try.
  Task<std::optional<HealthResult>> ended(ContainerDetail detail) {
    const bool often = restartedTooOften(detail);
    if (often) detail.exitCode = lastExit_;
    const bool comesBack = detail.summary.state == ContainerState::kRestarting;
    if (comesBack && !often) {
      const Status slept = co_await operation_.loop.sleep(kRestartGap, wait_);
      if (!slept.ok()) co_return refused(slept.error());
      co_return std::nullopt;
    }
    if (detail.summary.state == ContainerState::kPaused) {
      co_return refused(Error{Code::kConflict, "container " + target_.name + " is paused",
                              "let it go on with `docker unpause " + target_.name + "`"});
    }
    if (!comesBack && !often && detail.exitCode == 0 && detail.error.empty() && !check_ && ports_.none()) {
      co_return HealthResult{HealthResult::Kind::kFinished, {}, 0};
    }
    HealthResult result{HealthResult::Kind::kFailed, {}, 0};
    result.failure = co_await explainExit(operation_, *target_.service, detail);
    co_return result;
  }

  // Probes while another task watches for the end of the container.
  Task<Status> attempt() {
    net::Cancel stop(wait_.cancel);
    net::TaskGroup group(operation_.loop);
    group.add(watchExit(&stop));
    const Wait wait{wait_.deadline, &stop};
    if (check_) {
      ORBIT_CO_TRY_STATUS(co_await probe(wait));
    }
    if (!check_ && ports_.none()) co_return co_await operation_.loop.sleep(kSettle, wait);
    co_return co_await ports_.await(wait);
  }

  Task<void> watchExit(net::Cancel* stop) {
    const Wait wait{wait_.deadline, stop};
    auto code = co_await operation_.engine.waitContainer(target_.id, wait);
    if (!code.ok()) co_return;
    exited_ = true;
    stop->request();
  }

  Task<Status> probe(Wait wait) {
    const Clock& clock = operation_.loop.clock();
    const Instant start = clock.now();
    const Duration interval = check_->interval.value_or(kHealthInterval);
    Duration gap = kProbeGapFirst;
    Instant counted = start;
    std::optional<Instant> passed;
    int failures = 0;
    for (;;) {
      const Instant at = clock.now();
      auto once = co_await probeOnce(wait);
      if (!once.ok()) co_return std::move(once).error();
      if (*once) {
        if (passed && at - *passed >= kPassesApart) co_return Status();
        if (!passed) passed = at;
        const Duration left = *passed + kPassesApart - clock.now();
        if (left > Duration::zero()) {
          ORBIT_CO_TRY_STATUS(co_await operation_.loop.sleep(left, wait));
        }
        continue;
      }
      passed.reset();
      // The quick probes are ours: only failures at the file's pace count towards `retries`.
      if (at - counted >= interval) {
        counted = at;
        if (at - start >= check_->startPeriod.value_or(Duration::zero())) ++failures;
        unhealthy_ = failures >= check_->retries.value_or(kHealthRetries);
        if (!unhealthy_) unhealthy_ = co_await engineSaysUnhealthy(wait);
        if (unhealthy_) co_return Error{Code::kTimeout, "unhealthy"};
      }
      ORBIT_CO_TRY_STATUS(co_await ports_.pause(gap, wait));
      gap = std::min(gap * 2, interval);
    }
  }

  Task<bool> engineSaysUnhealthy(Wait wait) {
    auto detail = co_await operation_.engine.inspectContainer(target_.id, wait);
    co_return detail.ok() && detail->summary.health == "unhealthy";
  }

  // Whether one run of the test passes; a run past its timeout does not. Errors: those that end the wait.
  Task<Result<bool>> probeOnce(Wait wait) {
    const Clock& clock = operation_.loop.clock();
    engine::ExecOptions options;
    options.command = check_->test;
    const Wait brief = wait.until(clock.now() + check_->timeout.value_or(kHealthTimeout));
    auto result = co_await operation_.engine.exec(target_.id, options, brief);
    if (result.ok()) {
      said_ = result->output;
      co_return result->exitCode == 0;
    }
    if (result.error().code == Code::kTimeout && clock.now() < wait.deadline) {
      said_ = "(no answer within its timeout)";
      co_return false;
    }
    co_return std::move(result).error();
  }

  Operation& operation_;
  HealthTarget target_;
  Wait wait_;
  std::optional<model::HealthCheck> check_;
  PortWatch ports_;
  bool exited_ = false, unhealthy_ = false;
  int firstRestarts_ = -1, lastExit_ = 0;
  std::string said_;  // by the last probe
};

std::vector<std::string> runnable(const std::vector<std::string>& test, const engine::ImageDetail* image) {
  if (test.empty()) return {};
  if (test[0] == "CMD") return {test.begin() + 1, test.end()};
  std::vector<std::string> shell = image == nullptr ? std::vector<std::string>{} : image->config["Shell"].asStrings();
  if (shell.empty()) shell = {"/bin/sh", "-c"};
  shell.push_back(test.size() > 1 ? test[1] : "");
  return shell;
}

}  // namespace

std::optional<model::HealthCheck> effectiveCheck(const model::Service& service, const engine::ImageDetail* image) {
  std::optional<model::HealthCheck> check = service.container.healthCheck;
  const bool imageHas = image != nullptr && image->healthCheck && !image->healthCheck->disabled;
  if (!check) {
    if (!imageHas) return std::nullopt;
    check = image->healthCheck;
  } else if (!check->disabled && check->test.empty()) {
    if (!imageHas) return std::nullopt;
    const model::HealthCheck& own = *image->healthCheck;
    check->test = own.test;
    if (!check->interval) check->interval = own.interval;
    if (!check->timeout) check->timeout = own.timeout;
    if (!check->startPeriod) check->startPeriod = own.startPeriod;
    if (!check->retries) check->retries = own.retries;
  }
  if (check->disabled || check->test.empty() || check->test[0] == "NONE") return std::nullopt;
  check->test = runnable(check->test, image);
  // 0 means the engine's default (Docker Engine API, HealthConfig).
  for (auto* span : {&check->interval, &check->timeout}) {
    if (*span && **span <= Duration::zero()) span->reset();
  }
  if (check->retries && *check->retries <= 0) check->retries.reset();
  return check;
}

Task<HealthResult> waitHealthy(Operation& operation, HealthTarget target, Wait wait) {
  Watch watch(operation, std::move(target), wait);
  co_return co_await watch.run();
}

}  // namespace orbit::stack

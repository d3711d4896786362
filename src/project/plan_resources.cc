// `deploy`, `scale`, `restart`, limits of processor and memory.
#include <cmath>

#include "project/plan.h"

namespace orbit::project {
namespace {

constexpr std::int64_t kManyMax = 1'000'000'000'000;
constexpr std::int64_t kReplicasMax = 1000;
constexpr std::int64_t kRetriesMax = 1'000'000;

// One quantity that may be written in two places, as Docker Compose allows when both say the same.
template <class T>
T either(const Fields& fields, std::string_view key, std::optional<T> own, const std::string& deployPath,
         std::optional<T> deployed) {
  if (own && deployed && *own != *deployed) {
    fields.problem(key, "says something else than `" + deployPath + "`", "keep one of them");
  }
  return own ? *own : deployed.value_or(T{});
}

std::optional<std::int64_t> nanoCpus(const Fields& fields, std::string_view key) {
  const auto cpus = fields.number(key);
  if (!cpus) return std::nullopt;
  constexpr double kCpusMax = 1e6;
  if (*cpus < 0 || *cpus > kCpusMax) {
    fields.problem(key, "expected a number of processors", "for example `" + std::string(key) + ": 0.5`");
    return std::nullopt;
  }
  return std::llround(*cpus * 1e9);
}

void planRestart(const Fields& fields, model::ContainerSpec& container) {
  const std::string restart = fields.text("restart");
  const auto colon = restart.find(':');
  container.restartPolicy = restart.substr(0, colon);
  const std::vector<std::string_view> words = {"no", "always", "on-failure", "unless-stopped"};
  bool known = container.restartPolicy.empty();
  for (const auto word : words) known = known || word == container.restartPolicy;
  const auto retries = colon == std::string::npos ? std::nullopt : wholeNumber(restart.substr(colon + 1));
  if (!known || (colon != std::string::npos && (!retries || *retries < 0 || container.restartPolicy != "on-failure"))) {
    fields.problem("restart", "`" + restart + "` is no restart policy",
                   "one of " + choices(words) + ", or on-failure:5");
  }
  if (retries) container.restartMaxRetries = static_cast<int>(std::min(*retries, kRetriesMax));

  const Fields policy = fields.in("deploy").in("restart_policy");
  if (policy.node() == nullptr) return;
  const std::string condition =
      policy.has("condition") ? policy.word("condition", {"none", "on-failure", "any"}) : "any";
  container.restartPolicy = condition == "none" ? "no" : condition == "any" ? "always" : condition;
  container.restartMaxRetries = 0;
  if (const auto attempts = policy.integer("max_attempts", 0, kRetriesMax)) {
    if (container.restartPolicy == "on-failure") {
      container.restartMaxRetries = static_cast<int>(*attempts);
    } else {
      policy.findings().warn(policy.at("max_attempts"),
                             policy.pathOf("max_attempts") + " counts only with `condition: on-failure`",
                             "the engine restarts without a limit here");
    }
  }
}

void planScale(const Fields& fields, model::Service& service) {
  const auto scale = fields.integer("scale", 0, kReplicasMax);
  const Fields deploy = fields.in("deploy");
  const auto replicas = deploy.integer("replicas", 0, kReplicasMax);
  if (scale && replicas && *scale != *replicas) {
    fields.problem("scale", "says something else than `" + deploy.pathOf("replicas") + "`",
                   "keep one of them: `scale` and `deploy.replicas` mean the same");
  }
  service.scale = static_cast<int>(scale ? *scale : replicas.value_or(1));
  if (service.scale > 1 && fields.has("container_name")) {
    fields.problem("container_name", std::to_string(service.scale) + " containers cannot share one name",
                   "take out `container_name`, or keep one container");
  }
  service.deployLabels = deploy.map("labels");
}

}  // namespace

void planLimits(const Fields& fields, model::ContainerSpec& container) {
  const Fields resources = fields.in("deploy").in("resources");
  const Fields limits = resources.in("limits");
  const Fields reservations = resources.in("reservations");
  container.nanoCpus =
      either(fields, "cpus", nanoCpus(fields, "cpus"), limits.pathOf("cpus"), nanoCpus(limits, "cpus"));
  container.memoryBytes =
      either(fields, "mem_limit", fields.bytes("mem_limit"), limits.pathOf("memory"), limits.bytes("memory"));
  container.memoryReservationBytes = either(fields, "mem_reservation", fields.bytes("mem_reservation"),
                                            reservations.pathOf("memory"), reservations.bytes("memory"));
  container.pidsLimit = either(fields, "pids_limit", fields.integer("pids_limit", -1, kManyMax), limits.pathOf("pids"),
                               limits.integer("pids", -1, kManyMax));
  container.memorySwapBytes = fields.bytes("memswap_limit", true).value_or(0);
  if (const auto swappiness = fields.integer("mem_swappiness", 0, 100)) {
    container.memorySwappiness = static_cast<int>(*swappiness);
  }
  if (container.memorySwapBytes > 0 && container.memorySwapBytes < container.memoryBytes) {
    fields.problem("memswap_limit", "is less than the memory limit",
                   "it counts memory and swap together: make it at least as large");
  }
  if (container.memoryBytes > 0 && container.memoryReservationBytes > container.memoryBytes) {
    fields.findings().problem(fields.at(fields.has("mem_reservation") ? "mem_reservation" : "deploy"),
                              fields.path() + " reserves more memory than its limit",
                              "lower the reservation or raise the limit");
  }
  container.cpuShares = fields.integer("cpu_shares", 0, kManyMax).value_or(0);
  container.cpuPeriodUs = fields.microseconds("cpu_period");
  container.cpuQuotaUs = fields.microseconds("cpu_quota");
  container.cpuRealtimePeriodUs = fields.microseconds("cpu_rt_period");
  container.cpuRealtimeRuntimeUs = fields.microseconds("cpu_rt_runtime");
  container.cpuSet = fields.text("cpuset");
  container.oomScoreAdjust = static_cast<int>(fields.integer("oom_score_adj", -1000, 1000).value_or(0));
  container.oomKillDisable = fields.isSet("oom_kill_disable");
  container.blkioWeight = static_cast<int>(fields.in("blkio_config").integer("weight", 10, 1000).value_or(0));
}

void planResources(const Fields& fields, model::Service& service) {
  planScale(fields, service);
  planRestart(fields, service.container);
  planLimits(fields, service.container);
}

}  // namespace orbit::project

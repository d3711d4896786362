// `x-orbit` and the railway file of a service: how it is asked whether it is well, and how it is released.
#include "project/deploying.h"
#include "project/shell_words.h"

namespace orbit::project {
namespace {

using model::Probe;
using std::chrono::seconds;

constexpr int kPortMax = 65535;

// A command as a list, or as a line for the shell.
std::vector<std::string> command(const Fields& fields, std::string_view key) {
  const format::Node* value = fields.find(key);
  if (value == nullptr) return {};
  if (!value->isScalar()) return fields.strings(key);
  if (value->text.empty()) return {};
  return {"/bin/sh", "-c", value->text};
}

// As the compose file's healthcheck has it; an interval of half a minute would make each release wait for a minute.
void probeByHealthcheck(const model::HealthCheck& check, Probe& probe) {
  if (check.disabled || check.test.empty()) return;
  probe.kind = Probe::Kind::kExec;
  if (check.test.front() == "CMD-SHELL") {
    probe.command = {"/bin/sh", "-c", check.test.size() > 1 ? check.test[1] : ""};
  } else {
    probe.command.assign(check.test.begin() + 1, check.test.end());
  }
  if (check.timeout && *check.timeout > Duration::zero()) probe.timeout = *check.timeout;
  if (check.retries && *check.retries > probe.fall) probe.fall = *check.retries;
}

void probeByRailway(const Railway& railway, Probe& probe) {
  if (!railway.healthPath.empty()) {
    probe.kind = Probe::Kind::kHttp;
    probe.path = railway.healthPath;
    probe.command.clear();
    probe.statusMin = probe.statusMax = 200;
  }
  if (railway.healthTimeout) probe.deadline = seconds(*railway.healthTimeout);
}

void probeByOrbit(const Fields& health, Probe& probe) {
  if (health.node() == nullptr) return;
  constexpr int kCountMax = 100;
  if (health.has("path") && health.has("command")) {
    health.problem("command", "a service is asked by `path` or by `command`, not both", "take one out");
  }
  if (const std::string path = health.text("path"); !path.empty()) {
    if (path.front() != '/')
      health.problem("path", "`" + path + "` does not start with /", "for example `path: /health`");
    probe.kind = Probe::Kind::kHttp;
    probe.path = path;
    probe.command.clear();
    probe.statusMin = 200;
    probe.statusMax = 399;
  }
  probe.host = health.text("host");
  if (auto words = command(health, "command"); !words.empty()) {
    probe.kind = Probe::Kind::kExec;
    probe.command = std::move(words);
    probe.path.clear();
  }
  if (const auto port = health.integer("port", 1, kPortMax)) {
    probe.port = static_cast<int>(*port);
    if (!health.has("path") && probe.kind == Probe::Kind::kRuns) probe.kind = Probe::Kind::kTcp;
  }
  if (const auto span = health.duration("interval")) probe.interval = *span;
  if (const auto span = health.duration("timeout")) probe.timeout = *span;
  if (const auto span = health.duration("deadline")) probe.deadline = *span;
  if (const auto count = health.integer("rise", 1, kCountMax)) probe.rise = static_cast<int>(*count);
  if (const auto count = health.integer("fall", 1, kCountMax)) probe.fall = static_cast<int>(*count);
}

void planProbe(const ServiceFacts& facts, const Fields& orbit, model::DeployService& service) {
  Probe& probe = service.probe;
  if (service.service.container.healthCheck) probeByHealthcheck(*service.service.container.healthCheck, probe);
  probeByRailway(facts.railway, probe);
  probeByOrbit(orbit.in("health"), probe);
  if (probe.kind != Probe::Kind::kRuns) return;
  if (service.routed) {
    probe.kind = Probe::Kind::kTcp;
  } else if (!service.tcpPorts.empty()) {
    probe.kind = Probe::Kind::kTcp;
    probe.port = service.tcpPorts.front();
  }
}

void planPolicy(const Railway& railway, const Fields& fields, model::ReleasePolicy& release) {
  constexpr int kPercentMax = 90;
  if (railway.overlap) release.overlap = seconds(*railway.overlap);
  if (railway.draining && *railway.draining > 0) release.drain = seconds(*railway.draining);
  if (fields.node() == nullptr) return;
  if (const auto share = fields.integer("share", 1, kPercentMax)) release.sharePercent = static_cast<unsigned>(*share);
  if (const auto span = fields.duration("pace")) release.shareMost = *span;
  if (const auto span = fields.duration("watch")) release.watch = *span;
  if (const auto span = fields.duration("warm")) release.warm = *span;
  if (const auto span = fields.duration("overlap")) release.overlap = *span;
  if (const auto span = fields.duration("drain")) release.drain = *span;
  release.shield = fields.flag("shield").value_or(release.shield);
  release.judge = fields.flag("judge").value_or(release.judge);
  release.check = command(fields, "check");
}

void planReplicas(Deploying& deploying, const Railway& railway, const Fields& orbit, model::DeployService& service) {
  constexpr int kReplicasMax = 100;
  service.replicas = service.service.scale;
  Location at = service.service.at;
  if (railway.replicas) {
    service.replicas = static_cast<int>(*railway.replicas);
    at = railway.replicasAt;
  }
  if (const auto replicas = orbit.integer("replicas", 0, kReplicasMax)) {
    service.replicas = static_cast<int>(*replicas);
    at = orbit.at("replicas");
  }
  if (service.shape == model::DeployService::Shape::kStateless || service.replicas <= 1) return;
  deploying.note(service.service.name, "replicas", "runs one instance, not " + std::to_string(service.replicas),
                 "two would write to the same data", at);
  service.replicas = 1;
}

// Rule (f), and what the railway file says of it.
void planRestart(Deploying& deploying, const Railway& railway, model::DeployService& service) {
  auto& spec = service.service.container;
  const auto place = service.service.attributeAt.find("restart");
  const Location at = place == service.service.attributeAt.end() ? service.service.at : place->second;
  const bool kept = deploying.isOfEnvironmentFile(at) && !spec.restartPolicy.empty();
  if (kept) return;
  const std::string before = spec.restartPolicy;
  spec.restartPolicy = "unless-stopped";
  spec.restartMaxRetries = 0;
  if (railway.restart == "NEVER") spec.restartPolicy = "no";
  if (railway.restart == "ON_FAILURE") {
    spec.restartPolicy = "on-failure";
    spec.restartMaxRetries = static_cast<int>(railway.restartMax.value_or(10));
  }
  if (!railway.restart.empty()) {
    const std::string times = spec.restartMaxRetries > 0 ? ":" + std::to_string(spec.restartMaxRetries) : "";
    deploying.note(service.service.name, "restart", "restart: " + spec.restartPolicy + times,
                   "restartPolicyType of its railway file", railway.restartAt);
  } else if (before != spec.restartPolicy) {
    deploying.note(service.service.name, "restart",
                   "restart: unless-stopped" + (before.empty() ? "" : " instead of " + before),
                   "a service of production comes back by itself, after a reboot too", at);
  }
}

void planRoute(const Fields& orbit, model::DeployService& service) {
  const std::string route = orbit.text("route");
  if (route.empty()) return;
  if (route.front() != '/' || route.find_first_of(" ?#*") != std::string::npos) {
    orbit.problem("route", "`" + route + "` is no path", "a prefix such as `route: /api`");
    return;
  }
  service.path = route;
  while (service.path.size() > 1 && service.path.back() == '/') service.path.pop_back();
}

}  // namespace

void planRelease(Deploying& deploying, model::DeployService& service) {
  const ServiceFacts& facts = deploying.facts[service.service.name];
  const Fields orbit = deploying.fieldsOf(service.service.name).in(kOrbitKey);
  planRoute(orbit, service);
  planReplicas(deploying, facts.railway, orbit, service);
  planRestart(deploying, facts.railway, service);
  planProbe(facts, orbit, service);
  planPolicy(facts.railway, orbit.in("release"), service.release);
  service.direct = orbit.isSet("direct");
  service.vitals = orbit.isSet("vitals");
  service.preDeploy.insert(service.preDeploy.end(), facts.railway.preDeploy.begin(), facts.railway.preDeploy.end());
  service.watchPatterns = facts.railway.watchPatterns;
  auto& spec = service.service.container;
  if (facts.railway.cpus) spec.nanoCpus = static_cast<std::int64_t>(*facts.railway.cpus * 1e9);
  if (facts.railway.memoryBytes) spec.memoryBytes = *facts.railway.memoryBytes;
}

}  // namespace orbit::project

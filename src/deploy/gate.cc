#include "deploy/gate.h"

#include <fmt/format.h>

#include "deploy/limits.h"

namespace orbit::deploy {
namespace {

using model::Probe;
using net::Task;
using net::Wait;

std::string listed(const std::vector<int>& ports) {
  std::vector<std::string> texts;
  for (const int port : ports) texts.push_back(std::to_string(port));
  return join(texts, ", ");
}

std::string shown(std::string_view body) {
  std::string text(body.substr(0, kBodyShown));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return std::string(trim(text));
}

Task<Status> probeHttp(engine::Engine& engine, Instance instance, Probe probe, int port, Wait wait) {
  std::string host = probe.host.empty() ? instance.address : probe.host;
  const std::string path = probe.path.empty() ? "/" : probe.path;
  auto answer = co_await engine.probeHttp(instance.address, port, std::move(host), path, wait);
  if (!answer.ok()) co_return std::move(answer).error().within(fmt::format("GET {} on port {}", path, port));
  const auto status = static_cast<unsigned>(answer->status);
  if (status >= probe.statusMin && status <= probe.statusMax) co_return Status();
  const std::string body = shown(answer->body);
  co_return Error{.code = Code::kInvalid,
                  .message = fmt::format("GET {} on port {} answered {}{}", path, port, answer->status,
                                         body.empty() ? "" : ": " + body)};
}

Task<Status> probeExec(engine::Engine& engine, Instance instance, Probe probe, Wait wait) {
  engine::ExecOptions options;
  options.command = probe.command;
  auto result = co_await engine.exec(instance.id, std::move(options), wait);
  if (!result.ok()) co_return std::move(result).error();
  if (result->exitCode == 0) co_return Status();
  co_return Error{.code = Code::kInvalid,
                  .message = fmt::format("{} ended with {}: {}", join(probe.command, " "), result->exitCode,
                                         shown(result->output))};
}

// Ends the gate at once, whatever the probe says.
bool isFinal(const Error& error) {
  return error.code == Code::kCancelled || error.code == Code::kConflict || error.code == Code::kUnsupported;
}

}  // namespace

Task<Status> probeOnce(engine::Engine& engine, Instance instance, Probe probe, int port, Wait wait) {
  if (probe.port != 0) port = probe.port;
  if (probe.kind == Probe::Kind::kHttp) co_return co_await probeHttp(engine, instance, probe, port, wait);
  if (probe.kind == Probe::Kind::kExec) co_return co_await probeExec(engine, instance, probe, wait);
  if (port == 0) co_return Status();
  Status accepted = co_await engine.probeTcp(instance.address, port, wait);
  if (accepted.ok()) co_return accepted;
  co_return std::move(accepted).error().within(fmt::format("port {}", port));
}

// An exit is final after a few: the engine restarts it meanwhile, as it would later.
Task<Status> Gate::checkRuns(Wait wait) {
  auto detail = co_await engine_.inspectContainer(input_.instance.id, wait);
  if (!detail.ok()) co_return std::move(detail).error();
  const bool running = detail->summary.state == engine::ContainerState::kRunning;
  const bool again = startedUs_ != 0 && detail->startedUs != startedUs_;
  startedUs_ = detail->startedUs;
  exits_ = std::max(exits_ + (again ? 1 : 0), detail->restartCount);
  const bool over = detail->summary.state == engine::ContainerState::kExited ||
                    detail->summary.state == engine::ContainerState::kDead;
  if (!over && exits_ < kExitsAtGate) {
    if (running) co_return Status();
    co_return Error{.code = Code::kUnavailable, .message = "its process is being started again"};
  }
  const std::string memory = detail->oomKilled ? ", killed for lack of memory" : "";
  co_return Error{.code = Code::kConflict,
                  .message = fmt::format("{} ended {} with exit code {}{} before it was ready", input_.instance.name,
                                         exits_ > 1 ? fmt::format("{} times", exits_) : "", detail->exitCode, memory),
                  .hint = "its last lines say why"};
}

Task<int> Gate::speaksHttp(std::vector<int> ports, Wait wait) {
  for (const int port : ports) {
    const Wait brief = wait.until(loop_.clock().now() + input_.probe.timeout);
    std::string host = input_.instance.address, path = input_.path;
    auto answer = co_await engine_.probeHttp(input_.instance.address, port, std::move(host), std::move(path), brief);
    if (answer.ok()) co_return port;
  }
  co_return 0;
}

// The port to probe, 0 while none is there yet. Errors: there will be none.
Task<Result<int>> Gate::findPort(Wait wait) {
  if (input_.portNamed && input_.probe.kind != Probe::Kind::kRuns && elsewhereSince_ == std::nullopt &&
      loop_.clock().now() - begun_ < kPassesApart) {
    co_return input_.port;  // most are there at once; who is not, is looked at
  }
  auto listening = co_await engine_.listening(input_.instance.id, wait);
  if (!listening.ok()) {
    if (isFinal(listening.error()) && listening.error().code != Code::kConflict) co_return input_.port;
    co_return 0;
  }
  elsewhere_.clear();
  loopbackOnly_.clear();
  for (const auto& one : *listening) {
    const bool loopback = startsWith(one.address, "127.") || one.address == "::1";
    if (startsWith(one.address, "127.0.0.11")) continue;  // the engine's own DNS
    (loopback ? loopbackOnly_ : elsewhere_).push_back(one.port);
  }
  std::sort(elsewhere_.begin(), elsewhere_.end());
  std::erase_if(loopbackOnly_,
                [this](int port) { return std::find(elsewhere_.begin(), elsewhere_.end(), port) != elsewhere_.end(); });
  const auto has = [this](int port) {
    return std::find(elsewhere_.begin(), elsewhere_.end(), port) != elsewhere_.end();
  };
  if (input_.port != 0 && has(input_.port)) co_return input_.port;
  const Instant now = loop_.clock().now();
  if (elsewhere_.empty()) {
    if (!loopbackOnly_.empty() && !loopbackSince_) loopbackSince_ = now;
    if (loopbackSince_ && now - *loopbackSince_ > kLocalhostPatience) co_return noPort();
    co_return 0;
  }
  if (!elsewhereSince_) elsewhereSince_ = now;
  if (input_.portNamed) {
    if (now - *elsewhereSince_ > kOtherPortPatience) co_return noPort();
    co_return 0;
  }
  if (!input_.routed) co_return input_.port != 0 ? 0 : elsewhere_.front();
  co_return co_await speaksHttp(elsewhere_, wait);
}

Error Gate::noPort() const {
  if (elsewhere_.empty()) {
    return {.code = Code::kInvalid,
            .message = fmt::format("{} listens on 127.0.0.1:{} only, which nobody outside its container can reach",
                                   input_.instance.name, listed(loopbackOnly_)),
            .hint = "let it listen on 0.0.0.0 (uvicorn: --host 0.0.0.0)"};
  }
  return {.code = Code::kInvalid,
          .message = fmt::format("{} does not listen on {} ({}), but on {}", input_.instance.name, input_.port,
                                 input_.portFrom, listed(elsewhere_)),
          .hint = fmt::format("let it listen on {0}, or set `x-orbit: {{port: {1}}}` for service {2}", input_.port,
                              elsewhere_.front(), input_.service)};
}

Error Gate::failed(const Error& last, int probes) const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(input_.probe.deadline).count();
  Error error = last;
  error.code = Code::kInvalid;
  if (probes == 0 && input_.port != 0) {
    error.message = fmt::format("{} did not listen on port {} within {} s{}", input_.instance.name, input_.port,
                                seconds, elsewhere_.empty() ? "" : "; it listens on " + listed(elsewhere_));
  } else if (probes == 0) {
    error.message = fmt::format("{} listened on no port within {} s", input_.instance.name, seconds);
  } else {
    error.message = fmt::format("{} was not healthy within {} s; the last of {} probes: {}", input_.instance.name,
                                seconds, probes, last.message);
  }
  if (error.hint.empty()) {
    error.hint = "look at its last lines; x-orbit.health says what is asked, and for how long";
  }
  return error;
}

Task<Result<GatePass>> Gate::pass(Wait wait) {
  begun_ = loop_.clock().now();
  const Wait gate = wait.until(begun_ + input_.probe.deadline);
  const bool listens = input_.probe.kind != Probe::Kind::kExec &&
                       (input_.probe.kind != Probe::Kind::kRuns || input_.routed || input_.port != 0);
  int passes = 0, probes = 0;
  Duration gap = kProbeGapFirst;
  Error last{.code = Code::kTimeout, .message = "it did not answer"};
  while (loop_.clock().now() < gate.deadline) {
    Status seen = co_await checkRuns(gate);
    if (!seen.ok() && isFinal(seen.error())) co_return std::move(seen).error();
    Result<int> port = 0;
    if (seen.ok() && listens) {
      port = co_await findPort(gate);
      if (!port.ok()) co_return std::move(port).error();
    }
    if (seen.ok() && (!listens || *port != 0)) {
      const Wait one = gate.until(loop_.clock().now() + input_.probe.timeout);
      seen = co_await probeOnce(engine_, input_.instance, input_.probe, *port, one);
      ++probes;
    } else if (seen.ok()) {
      seen = Error{.code = Code::kUnavailable, .message = "no port is listened on yet"};
    }
    passes = seen.ok() ? passes + 1 : 0;
    const bool longEnough =
        listens || input_.probe.kind == Probe::Kind::kExec || loop_.clock().now() - begun_ > kRunsFor;
    if (passes >= input_.probe.rise && longEnough) co_return GatePass{*port};
    if (!seen.ok()) last = seen.error();
    const Duration pause = seen.ok() ? std::max<Duration>(kPassesApart, Duration{}) : gap;
    const bool soon = loop_.clock().now() - begun_ < kProbesSoonFor;
    const Duration most = soon ? std::min<Duration>(kProbeGapSoon, input_.probe.interval) : input_.probe.interval;
    if (!seen.ok()) gap = std::min<Duration>(gap * 2, most);
    const Status slept = co_await loop_.sleep(pause, wait);
    if (!slept.ok()) co_return slept.error();
  }
  if (wait.cancel != nullptr && wait.cancel->requested()) co_return Error{Code::kCancelled, "cancelled"};
  co_return failed(last, probes);
}

}  // namespace orbit::deploy

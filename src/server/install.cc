// server install, uninstall, firewall: tell, ask, do.
#include <unistd.h>

#include <cstdio>

#include "server/steps.h"

namespace orbit::server {
namespace {

using State = Step::State;

constexpr int kDone = 0;
constexpr int kFailed = 1;

int fail(const Error& error) {
  std::fprintf(stderr, "orbit: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  %s\n", error.hint.c_str());
  return kFailed;
}

void tell(const std::vector<Step>& steps) {
  for (const auto& step : steps) {
    const char* mark = step.state == State::kThere ? "=" : step.state == State::kToDo ? "+" : "!";
    std::printf("  %s %s\n", mark, step.what.c_str());
  }
  std::printf("\n  = there already   + to do   ! yours to do or to know\n");
  std::fflush(stdout);
}

bool agreed() {
  std::printf("\nGo on? [y/N] ");
  std::fflush(stdout);
  char answer[16] = {};
  if (std::fgets(answer, sizeof answer, stdin) == nullptr) return false;
  return answer[0] == 'y' || answer[0] == 'Y';
}

int doSteps(Machine& machine, const std::vector<Step>& steps) {
  int status = kDone;
  for (const auto& step : steps) {
    if (step.state != State::kToDo) continue;
    if (step.isCommand && !machine.runsCommands()) {
      std::printf("  not run below --root: %s\n", step.what.c_str());
      continue;
    }
    const Status done = step.act(machine);
    std::printf("  %s %s\n", done.ok() ? "ok" : "FAILED", step.what.c_str());
    std::fflush(stdout);
    if (!done.ok()) status = fail(done.error());
  }
  return status;
}

// Tells what would be done, asks, and does it.
int carryOut(const InstallOptions& options, std::vector<Step> (*plan)(const Machine&, const InstallOptions&)) {
  RealMachine machine(options.root);
  if (machine.runsCommands() && !machine.isRoot() && !options.print) {
    return fail({.code = Code::kDenied,
                 .message = "A server is set up by root",
                 .hint = "Run it with sudo; --print shows what it would do, as any user"});
  }
  const std::vector<Step> steps = plan(machine, options);
  const bool nothing =
      std::none_of(steps.begin(), steps.end(), [](const Step& step) { return step.state == State::kToDo; });
  tell(steps);
  if (options.print) return kDone;
  if (nothing) {
    std::printf("\nNothing to do\n");
    return kDone;
  }
  if (!options.yes && ::isatty(STDIN_FILENO) == 0) {
    return fail({.code = Code::kInvalid,
                 .message = "Nobody is there to agree to this",
                 .hint = "Run it at a terminal, or with --yes"});
  }
  if (!options.yes && !agreed()) return kFailed;
  std::printf("\n");
  return doSteps(machine, steps);
}

}  // namespace

int install(const InstallOptions& options) {
  const int status = carryOut(options, installSteps);
  if (status == kDone && !options.print) {
    std::printf("\n`orbit doctor` checks all of it. From your laptop: orbit link USER@THIS-HOST, then orbit deploy\n");
  }
  return status;
}

int uninstall(const InstallOptions& options) {
  return carryOut(options, uninstallSteps);
}

int firewall(bool add) {
  RealMachine machine("");
  if (!machine.has("iptables")) {
    return fail({.code = Code::kNotFound,
                 .message = "There is no iptables here to set the rule for virtual addresses with",
                 .hint = "Let INPUT accept what comes in on interfaces orb* to addresses ending in .128 or above"});
  }
  const auto words = [](const char* how) {
    std::vector<std::string> out = {"iptables", "-w", "5", how};
    const auto rule = firewallRule();
    out.insert(out.end(), rule.begin(), rule.end());
    return out;
  };
  const bool present = machine.run(words("-C")).status == 0;
  if (present == add) return kDone;
  const Status done = mustRun(machine, words(add ? "-I" : "-D"));
  return done.ok() ? kDone : fail(done.error());
}

}  // namespace orbit::server

// deploy: sends what is here, shows how it goes, and stays with it through a daemon that is restarted. Ctrl-C leaves
// the deploy to itself.
#include <unistd.h>

#include <cstdlib>

#include "base/base.h"
#include "cli/deploy_end.h"
#include "cli/deploy_text.h"
#include "cli/git_source.h"
#include "cli/request.h"
#include "cli/runners.h"
#include "cli/terminal.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr int kReconnectsMax = 20;
constexpr Duration kReconnectStep = std::chrono::milliseconds(500);

// One deploy on its way, followed.
class Following {
 public:
  explicit Following(Session& session) : session_(session) {}

  // `target` is /v1/deploy, or /v1/deploy/follow for one that has begun already.
  net::Task<int> run(std::string target, Json body) {
    begun_ = target != "/v1/deploy";
    printEvents(session_);
    session_.startTicking();
    session_.onInterrupt = [this] { onInterrupt(); };
    const net::Wait wait{Instant::max(), &leave_};
    Session::OnEvent receive = [this](const Event& event) { onEvent(event); };
    auto result = co_await session_.project(std::move(target), std::move(body), wait, receive);
    for (int tried = 0; tried < kReconnectsMax && wentAway(result); ++tried) {
      if (tried == 0) session_.presenter.say("The daemon went away; waiting for it\n");
      const auto slept = co_await session_.loop.sleep(kReconnectStep, wait);
      if (!slept.ok()) break;
      result = co_await again(wait, receive);
    }
    session_.onInterrupt = {};
    if (leave_.requested()) co_return left();
    if (wentAway(result)) {
      session_.settle();
      session_.presenter.say("The daemon does not come back. The deploy goes on when it does, or is undone: " +
                             command("deploy --follow") + " or `orbit status` will say\n");
      co_return kFailed;
    }
    co_return endDeploy(session_, result, true);
  }

 private:
  // The same deploy, from a daemon that has been started anew.
  net::Task<Result<ResultEvent>> again(net::Wait wait, Session::OnEvent receive) {
    ORBIT_CO_TRY_STATUS(co_await session_.link.ensure(session_.api, wait));
    auto body = followRequest(session_.line);
    if (!body.ok()) co_return std::move(body).error();
    co_return co_await session_.project("/v1/deploy/follow", std::move(*body), wait, std::move(receive));
  }

  // The daemon is gone, or said that it ends.
  bool wentAway(const Result<ResultEvent>& result) const {
    if (!begun_ || leave_.requested()) return false;
    if (result.ok()) {
      const std::string& stage = result->body["stage"].asString();
      return result->outcome == "cancelled" && stage != "cancelled" && stage != "superseded";
    }
    const Code code = result.error().code;
    return code == Code::kUnavailable || code == Code::kProtocol || code == Code::kIo;
  }

  void onEvent(const Event& event) {
    if (const auto* plan = std::get_if<PlanEvent>(&event)) return onPlan(plan->body);
    const bool stage = std::holds_alternative<StageEvent>(event);
    begun_ = begun_ || stage;
    session_.presenter.handle(event, session_.now());
    if (stage && session_.line.on("detach")) leave_.request();
  }

  // Each round of a deploy that still needs something tells it again.
  void onPlan(const Json& plan) {
    if (planTold_) return;
    planTold_ = true;
    if (!plan["first"].asBool()) return;
    session_.presenter.say(beforeDeployText(plan, placeOf(session_), session_.errStyle));
  }

  void onInterrupt() {
    if (++interrupts_ > 1) {
      session_.presenter.showCursor();
      std::_Exit(kInterrupted);
    }
    leave_.request();
  }

  int left() {
    session_.settle();
    if (!begun_) {
      session_.presenter.say("Nothing was deployed\n");
      return kInterrupted;
    }
    session_.presenter.say("The deploy goes on without this command.\n  Follow it: " + command("deploy --follow") +
                           "\n  Stop it:   " + command("deploy --cancel") + "\n");
    return interrupts_ > 0 ? kInterrupted : kDone;
  }

  std::string command(const std::string& verb) const {
    const std::string environment = session_.line.text("environment");
    return "orbit " + verb + (environment.empty() ? "" : " -E " + environment);
  }

  Session& session_;
  net::Cancel leave_;
  bool begun_ = false;  // the daemon has taken the deploy over
  bool planTold_ = false;
  int interrupts_ = 0;
};

net::Task<int> planOnly(Session& session, Json body, std::string commit) {
  Json plan;
  Session::OnEvent receive = [&](const Event& event) {
    if (const auto* told = std::get_if<PlanEvent>(&event)) {
      plan = told->body;
    } else {
      session.presenter.handle(event, session.now());
    }
  };
  const auto result = co_await session.project("/v1/deploy/plan", std::move(body), session.wait(), std::move(receive));
  const int status = session.finish(result);
  if (status != kDone) co_return status;
  const std::string live = plan["live"]["source"]["commit"].asString();
  const auto commits =
      co_await readCommits(session.loop, session.snapshot.workingDir(), live, std::move(commit), session.wait());
  if (!session.line.json()) {
    session.presenter.print(planText(plan, commits, placeOf(session), session.outStyle));
    co_return kDone;
  }
  plan.set("commits", Json::strings(commits));
  session.presenter.print(plan.dump() + "\n");
  co_return kDone;
}

net::Task<int> cancelDeploy(Session& session) {
  Json body = environmentRequest(session.line);
  const auto result = co_await session.project("/v1/deploy/cancel", std::move(body), session.wait());
  const int status = session.finish(result);
  if (status == kDone) session.presenter.say("The deploy is cancelled\n");
  co_return status;
}

int refuse(Session& session, const Error& error, int status) {
  session.show(error);
  return status;
}

}  // namespace

net::Task<int> runDeploy(Session& session) {
  const CommandLine& line = session.line;
  auto body = deployRequest(line, Json());
  if (!body.ok()) co_return refuse(session, body.error(), kWrongUsage);
  if (line.on("cancel")) co_return co_await cancelDeploy(session);
  Following following(session);
  if (line.on("follow")) {
    auto follow = followRequest(line);
    if (!follow.ok()) co_return refuse(session, follow.error(), kWrongUsage);
    co_return co_await following.run("/v1/deploy/follow", std::move(*follow));
  }
  GitSource read = co_await readGit(session.loop, session.snapshot.workingDir(), session.wait());
  auto source = namedCommit(std::move(read), line.text("commit"));
  if (!source.ok()) {
    const bool usage = source.error().code == Code::kInvalid;
    co_return refuse(session, source.error(), usage ? kWrongUsage : kFailed);
  }
  body->set("source", source->json());
  if (line.on("plan")) co_return co_await planOnly(session, std::move(*body), source->commit);
  net::TaskGroup beside(session.loop);
  beside.add(warnOfTrackedEnvFile(session));
  const int status = co_await following.run("/v1/deploy", std::move(*body));
  co_await beside.join();
  co_return status;
}

}  // namespace orbit::cli

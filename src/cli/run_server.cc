// server status, server stop: the home's own processes.
#include "base/base.h"
#include "cli/runners.h"
#include "cli/server_text.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr Duration kAskTime = std::chrono::seconds(5);

}  // namespace

net::Task<int> runServerStatus(Session& session) {
  const net::Wait limited = session.wait().until(session.now() + kAskTime);
  const auto answer = co_await session.api.get("/v1/version?engine=true", limited);
  const bool runs = answer.ok();
  const auto held = co_await session.link.tellHold("status\n", limited);
  const Json processes = holdProcesses(held.ok() ? std::string_view(*held) : "");
  if (session.line.json()) {
    Json out = Json::object({{"running", runs}, {"home", session.home.state}, {"log", session.home.logFile()}});
    if (runs) out.set("daemon", *answer);
    out.set("processes", processes);
    session.presenter.print(out.dump(2) + "\n");
    co_return runs ? kDone : kFailed;
  }
  std::string text;
  if (runs) {
    const Json& engine = (*answer)["engine"];
    text += "Running, build " + (*answer)["version"].asString() + ", process " +
            std::to_string((*answer)["pid"].asInt()) + "\n";
    text += engine.isNull() ? "Engine  not reached\n" : "Engine  " + engine["version"].asString() + "\n";
  } else {
    text += answer.error().code == Code::kUnavailable ? "Not running; the next command that needs it starts it\n"
                                                      : "Not answering: " + answer.error().message + "\n";
  }
  text += edgeLines(processes) + "Home    " + session.home.state + "\nLog     " + session.home.logFile() + "\n";
  session.presenter.print(text);
  co_return runs ? kDone : kFailed;
}

net::Task<int> runServerStop(Session& session) {
  const bool all = session.line.on("all");
  if (all) {
    const auto ready = co_await session.link.ensure(session.api, session.wait());
    if (!ready.ok()) {
      session.show(ready.error());
      co_return kFailed;
    }
    session.startTicking();
    std::function<void(const Event&)> receive = [&session](const Event& event) {
      session.presenter.handle(event, session.now());
    };
    Json body = Json::object({{"all", true}});
    const auto down = co_await session.api.stream("/v1/shutdown", std::move(body), std::move(receive), session.wait());
    const int status = session.finish(down);
    if (status != kDone) co_return status;
  }
  const auto told = co_await session.link.tellHold("stop\n", session.wait());
  if (!told.ok() && told.error().code == Code::kUnavailable) {
    session.presenter.say("Not running\n");
    co_return kDone;
  }
  if (!told.ok()) {
    session.show(told.error());
    co_return kFailed;
  }
  session.presenter.say(all ? "Stopped, and every project that `orbit up` started is down; volumes are kept\n"
                            : "Stopped; containers go on running, and the next command starts Orbit again\n");
  co_return kDone;
}

}  // namespace orbit::cli

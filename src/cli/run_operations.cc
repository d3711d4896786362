// down, start, stop, restart, build, pull: send, show the steps, done.
#include <cstdlib>

#include "base/base.h"
#include "cli/environment_calls.h"
#include "cli/request.h"
#include "cli/runners.h"

namespace orbit::cli {
namespace {

using format::Json;

std::optional<std::string> shellVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

net::Task<int> operate(Session& session, std::string target, Json body, std::string nothing) {
  session.startTicking();
  bool any = false;
  Session::OnEvent receive = [&session, &any](const Event& event) {
    any = any || !std::holds_alternative<WarningEvent>(event);
    session.presenter.handle(event, session.now());
  };
  const auto result = co_await session.project(std::move(target), std::move(body), session.wait(), std::move(receive));
  const int status = session.finish(result);
  if (status == kDone && !any && !nothing.empty()) session.presenter.say(nothing);
  co_return status;
}

int refuse(Session& session, const Error& error) {
  session.show(error);
  return kWrongUsage;
}

}  // namespace

net::Task<int> runDown(Session& session) {
  const std::string environment = session.line.text("environment");
  if (!environment.empty() && environment != "development") co_return co_await endEnvironment(session);
  auto body = downRequest(session.line);
  if (!body.ok()) co_return refuse(session, body.error());
  co_return co_await operate(session, "/v1/down", std::move(*body), "");
}

net::Task<int> runChange(Session& session) {
  const std::string verb(session.line.verb->name);
  session.snapshot.services = session.line.arguments;
  co_return co_await operate(session, "/v1/" + verb, changeRequest(session.line), "Nothing to " + verb + "\n");
}

net::Task<int> runBuild(Session& session) {
  auto body = buildRequest(session.line, shellVariable);
  if (!body.ok()) co_return refuse(session, body.error());
  session.snapshot.services = session.line.arguments;
  co_return co_await operate(session, "/v1/build", std::move(*body), "No service is built from a Dockerfile\n");
}

net::Task<int> runPull(Session& session) {
  session.snapshot.services = session.line.arguments;
  co_return co_await operate(session, "/v1/pull", pullRequest(session.line), "No service needs an image pulled\n");
}

}  // namespace orbit::cli

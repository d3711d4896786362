// rollback, promote, releases, show, and the end of an environment.
#include <unistd.h>

#include <cstdio>

#include "base/base.h"
#include "cli/deploy_end.h"
#include "cli/environment_calls.h"
#include "cli/release_text.h"
#include "cli/request.h"
#include "cli/runners.h"
#include "cli/terminal.h"
#include "format/url.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr std::size_t kAnswerMax = 256;

net::Task<int> move(Session& session, std::string target, Json body) {
  printEvents(session);
  session.startTicking();
  const auto result = co_await session.project(std::move(target), std::move(body), session.wait());
  co_return endDeploy(session, result, false);
}

// What a person types, without its line end; "" at the end of input.
std::string readAnswer() {
  std::string answer(kAnswerMax, '\0');
  if (std::fgets(answer.data(), static_cast<int>(answer.size()), stdin) == nullptr) return "";
  return std::string(trim(answer.c_str()));
}

// Whether the person means it: on a terminal by the environment's name, without one by --yes.
Status confirmEnd(Session& session, const std::string& environment) {
  if (session.line.on("yes")) return {};
  if (!isTerminal(STDIN_FILENO) || !isTerminal(STDERR_FILENO)) {
    return Error{.code = Code::kInvalid,
                 .message = "Ending " + environment + " is asked for on a terminal, and this is none",
                 .hint = "Say --yes to end it without being asked"};
  }
  session.presenter.say(std::string("This ends ") + environment + ": its containers and its network" +
                        (session.line.on("volumes") ? ", and its volumes with all their data" : "; its volumes stay") +
                        ".\nType its name to go on: ");
  if (readAnswer() == environment) return {};
  return Error{.code = Code::kCancelled, .message = "That is not its name; nothing was ended"};
}

}  // namespace

std::string deployedEnvironment(const CommandLine& line) {
  const std::string given = line.text("environment");
  return given.empty() ? "production" : given;
}

net::Task<Result<Json>> askDaemon(Session& session, std::string target) {
  ORBIT_CO_TRY_STATUS(co_await session.link.ensure(session.api, session.wait()));
  co_return co_await session.api.get(std::move(target), session.wait());
}

net::Task<Result<std::string>> projectName(Session& session) {
  if (session.line.isSet("project-name")) co_return session.line.text("project-name");
  Json body = namedProject(session.line);
  const auto result = co_await session.project("/v1/project", std::move(body), session.wait());
  if (!result.ok()) co_return result.error();
  session.settle();
  const std::string& name = result->body["project"].asString();
  if (!name.empty()) co_return name;
  co_return Error{.code = Code::kNotFound,
                  .message = "Which project is meant is not known here",
                  .hint = "Run it in the project's folder, or name the project with -p"};
}

std::string environmentQuery(const std::string& project, const std::string& environment) {
  return "project=" + format::percentEncode(project) + "&environment=" + format::percentEncode(environment);
}

int failWith(Session& session, const Error& error) {
  session.show(error);
  return kFailed;
}

net::Task<int> runRollback(Session& session) {
  return move(session, "/v1/rollback", rollbackRequest(session.line));
}

net::Task<int> runPromote(Session& session) {
  return move(session, "/v1/promote", environmentRequest(session.line));
}

net::Task<int> endEnvironment(Session& session) {
  const std::string environment = deployedEnvironment(session.line);
  const Status sure = confirmEnd(session, environment);
  if (!sure.ok()) co_return failWith(session, sure.error());
  Json body = environmentRequest(session.line);
  body.set("volumes", session.line.on("volumes"));
  session.startTicking();
  const auto result = co_await session.project("/v1/environment/remove", std::move(body), session.wait());
  const int status = session.finish(result);
  if (status == kDone) session.presenter.say(environment + " has ended\n");
  co_return status;
}

net::Task<int> runReleases(Session& session) {
  const auto project = co_await projectName(session);
  if (!project.ok()) co_return failWith(session, project.error());
  const std::string environment = deployedEnvironment(session.line);
  const auto answer = co_await askDaemon(session, "/v1/releases?" + environmentQuery(*project, environment));
  if (!answer.ok()) co_return failWith(session, answer.error());
  const Json& releases = (*answer)["releases"];
  if (session.line.json()) {
    session.presenter.print(releases.dump(2) + "\n");
  } else if (releases.items().empty()) {
    session.presenter.say(*project + " has no release in " + environment + " yet; make one with `orbit deploy`\n");
  } else {
    session.presenter.print(releasesTable(releases, session.loop.clock().wallUs()));
  }
  co_return kDone;
}

net::Task<int> runShow(Session& session) {
  const auto project = co_await projectName(session);
  if (!project.ok()) co_return failWith(session, project.error());
  const std::string release = session.line.arguments.front();
  const std::string query = environmentQuery(*project, deployedEnvironment(session.line));
  const auto answer =
      co_await askDaemon(session, "/v1/release?" + query + "&release=" + format::percentEncode(release));
  if (!answer.ok()) co_return failWith(session, answer.error());
  session.presenter.print(session.line.json()
                              ? answer->dump(2) + "\n"
                              : releaseReport(*answer, session.loop.clock().wallUs(), session.outStyle));
  co_return kDone;
}

}  // namespace orbit::cli

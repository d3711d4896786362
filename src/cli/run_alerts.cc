// alerts, incidents, objectives.
#include <pwd.h>
#include <unistd.h>

#include "base/base.h"
#include "cli/alert_text.h"
#include "cli/environment_calls.h"
#include "cli/runners.h"
#include "format/quantity.h"
#include "format/url.h"

namespace orbit::cli {
namespace {

using format::Json;

net::Task<Result<Json>> tell(Session& session, std::string target, Json body) {
  ORBIT_CO_TRY_STATUS(co_await session.link.ensure(session.api, session.wait()));
  co_return co_await session.api.post(std::move(target), std::move(body), session.wait());
}

std::string queryOf(const CommandLine& line) {
  return environmentQuery(line.text("project-name"), line.text("environment"));
}

// Who does this, for the timeline.
std::string userName() {
  const passwd* user = ::getpwuid(::getuid());
  return user == nullptr ? "user " + std::to_string(::getuid()) : std::string(user->pw_name);
}

net::Task<int> change(Session& session, std::string action, Json body, std::string said) {
  body.set("action", std::move(action));
  body.set("by", userName());
  const auto answer = co_await tell(session, "/v1/incidents/change", std::move(body));
  if (!answer.ok()) co_return failWith(session, answer.error());
  if (session.line.json()) {
    session.presenter.print(answer->dump(2) + "\n");
  } else {
    session.presenter.say(said + "\n");
  }
  co_return kDone;
}

}  // namespace

net::Task<int> runAlerts(Session& session) {
  const auto answer = co_await askDaemon(session, "/v1/alerts?" + queryOf(session.line));
  if (!answer.ok()) co_return failWith(session, answer.error());
  const std::string text = session.line.json() ? answer->dump(2) + "\n"
                                               : alertsScreen(*answer, session.line.on("all"),
                                                              session.loop.clock().wallUs(), session.outStyle);
  session.presenter.print(text);
  co_return kDone;
}

net::Task<int> runAlertsTest(Session& session) {
  const auto project = co_await projectName(session);
  if (!project.ok()) co_return failWith(session, project.error());
  Json body = Json::object({{"project", *project},
                            {"environment", deployedEnvironment(session.line)},
                            {"receiver", session.line.arguments.front()}});
  const auto answer = co_await tell(session, "/v1/alerts/test", std::move(body));
  if (!answer.ok()) co_return failWith(session, answer.error());
  const bool delivered = (*answer)["delivered"].asBool();
  const std::string verdict = delivered ? " has it: " : " did not get it: ";
  if (session.line.json()) {
    session.presenter.print(answer->dump(2) + "\n");
  } else {
    session.presenter.say(session.line.arguments.front() + verdict + (*answer)["text"].asString() + "\n");
  }
  co_return delivered ? kDone : kFailed;
}

net::Task<int> runIncidents(Session& session) {
  const CommandLine& line = session.line;
  std::string target = "/v1/incidents?" + queryOf(line);
  const bool one = !line.arguments.empty();
  if (one) target = "/v1/incidents?id=" + format::percentEncode(line.arguments.front());
  const auto answer = co_await askDaemon(session, std::move(target));
  if (!answer.ok()) co_return failWith(session, answer.error());
  const std::int64_t nowUs = session.loop.clock().wallUs();
  if (line.json()) {
    session.presenter.print((one ? *answer : (*answer)["incidents"]).dump(2) + "\n");
  } else if (one) {
    session.presenter.print(incidentReport(*answer, nowUs, session.outStyle));
  } else if ((*answer)["incidents"].items().empty()) {
    session.presenter.say("There was no incident\n");
  } else {
    session.presenter.print(incidentsTable((*answer)["incidents"], nowUs));
  }
  co_return kDone;
}

net::Task<int> runIncidentsAck(Session& session) {
  const std::string id = session.line.arguments.front();
  Json body = Json::object({{"incident", id}});
  co_return co_await change(session, "acknowledge", std::move(body), id + " is yours");
}

net::Task<int> runIncidentsResolve(Session& session) {
  const std::string id = session.line.arguments.front();
  Json body = Json::object({{"incident", id}});
  co_return co_await change(session, "resolve", std::move(body), id + " is over");
}

net::Task<int> runIncidentsSilence(Session& session) {
  const CommandLine& line = session.line;
  const std::string span = line.isSet("for") ? line.text("for") : "1h";
  const auto parsed = format::parseDuration(span);
  if (!parsed.ok()) co_return failWith(session, parsed.error());
  Json body = Json::object({{"seconds", std::chrono::duration_cast<std::chrono::seconds>(*parsed).count()}});
  if (!line.arguments.empty()) {
    body.set("incident", line.arguments.front());
    const std::string said = line.arguments.front() + " is silent for " + span;
    co_return co_await change(session, "silence", std::move(body), said);
  }
  const auto project = co_await projectName(session);
  if (!project.ok()) co_return failWith(session, project.error());
  const std::string environment = deployedEnvironment(line), service = line.text("service");
  body.set("project", *project);
  body.set("environment", environment);
  body.set("service", service);
  const std::string said = (service.empty() ? environment : service + " of " + environment) + " is silent for " + span;
  co_return co_await change(session, "silence", std::move(body), said);
}

net::Task<int> runObjectives(Session& session) {
  const auto answer = co_await askDaemon(session, "/v1/objectives?" + queryOf(session.line));
  if (!answer.ok()) co_return failWith(session, answer.error());
  const Json& rows = (*answer)["objectives"];
  if (session.line.json()) {
    session.presenter.print(rows.dump(2) + "\n");
  } else if (rows.items().empty()) {
    session.presenter.say("Nothing is deployed; what is has objectives by itself (docs/alerts.md)\n");
  } else {
    const std::string outages = outagesTable(rows);
    session.presenter.print(objectivesTable(rows) + (outages.empty() ? "" : "\n" + outages));
  }
  co_return kDone;
}

}  // namespace orbit::cli

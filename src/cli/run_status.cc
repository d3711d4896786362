// status and open.
#include <unistd.h>

#include <cstdlib>

#include "base/base.h"
#include "cli/alert_text.h"
#include "cli/environment_calls.h"
#include "cli/metrics_text.h"
#include "cli/release_text.h"
#include "cli/runners.h"
#include "cli/terminal.h"
#include "format/url.h"

namespace orbit::cli {
namespace {

using format::Json;

bool hasDisplay() {
  return std::getenv("DISPLAY") != nullptr || std::getenv("WAYLAND_DISPLAY") != nullptr;
}

// Services with their URLs as status has them.
Json namedRows(const Json& urls) {
  Json rows = Json::array();
  for (const auto& one : urls.items()) rows.push(Json::object({{"name", one["service"]}, {"url", one["url"]}}));
  return rows;
}

}  // namespace

net::Task<int> runStatus(Session& session) {
  const CommandLine& line = session.line;
  const std::string query = environmentQuery(line.text("project-name"), line.text("environment"));
  const auto answer = co_await askDaemon(session, "/v1/status?" + query);
  if (!answer.ok()) co_return failWith(session, answer.error());
  const Json& rows = (*answer)["rows"];
  if (line.json()) {
    session.presenter.print(rows.dump(2) + "\n");
  } else if (rows.items().empty()) {
    session.presenter.say("Nothing runs; `orbit up` starts a project here, `orbit deploy` puts it into production\n");
  } else {
    const std::int64_t nowUs = session.loop.clock().wallUs();
    const auto used = co_await askDaemon(session, "/v1/containers");
    const bool measured = used.ok() && (*used)["host"]["memory_bytes"].asInt() > 0;
    session.presenter.print(openIncidentLines((*answer)["incidents"], nowUs, session.outStyle) +
                            statusScreen(rows, nowUs, session.outStyle) +
                            (measured ? "\n" + hostScreen((*used)["host"]) : std::string()));
  }
  if ((*answer)["problem"].isNull()) co_return kDone;
  session.presenter.handle(Event(problemFrom((*answer)["problem"])), session.now());
  session.settle();
  co_return kFailed;
}

net::Task<int> runOpen(Session& session) {
  const CommandLine& line = session.line;
  const auto project = co_await projectName(session);
  if (!project.ok()) co_return failWith(session, project.error());
  const std::string environment = deployedEnvironment(line);
  const std::string word = line.arguments.empty() ? std::string() : line.arguments.front();
  const std::string query = environmentQuery(*project, environment);
  // A release is shown by a URL that pins the browser to it.
  std::string target = "/v1/status?" + query;
  if (isRelease(word)) target = "/v1/open?" + query + "&release=" + format::percentEncode(word);
  const auto answer = co_await askDaemon(session, std::move(target));
  if (!answer.ok()) co_return failWith(session, answer.error());
  const auto url = isRelease(word) ? urlToOpen(namedRows((*answer)["urls"]), "", environment)
                                   : urlToOpen((*answer)["rows"], word, environment);
  if (!url.ok()) co_return failWith(session, url.error());
  session.presenter.print(*url + "\n");
  if (line.on("print") || !isTerminal(STDOUT_FILENO) || !hasDisplay()) co_return kDone;
  net::Command browser;
  browser.arguments = {"xdg-open", *url};
  const auto opened = net::spawnDetached(browser, "/dev/null");
  if (!opened.ok()) session.presenter.say("No browser could be started: " + opened.error().message + "\n");
  co_return kDone;
}

}  // namespace orbit::cli

// metrics: what was measured over a time.
#include <algorithm>

#include "base/base.h"
#include "cli/environment_calls.h"
#include "cli/metrics_text.h"
#include "cli/moment.h"
#include "cli/runners.h"
#include "format/url.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr std::int64_t kSlots = 16;
constexpr std::string_view kSince = "1h";

Result<std::string> queryOf(const CommandLine& line, std::int64_t nowUs) {
  ORBIT_TRY(const std::int64_t since,
            parseMoment(line.isSet("since") ? line.text("since") : std::string(kSince), nowUs));
  std::int64_t until = nowUs;
  if (line.isSet("until")) {
    ORBIT_TRY(until, parseMoment(line.text("until"), nowUs));
  }
  if (since >= until) {
    return Error{
        .code = Code::kInvalid, .message = "--since is not before --until", .hint = "orbit metrics --since 1h"};
  }
  std::string query = environmentQuery(line.text("project-name"), line.text("environment"));
  query += "&sinceUs=" + std::to_string(since) + "&untilUs=" + std::to_string(until);
  query += line.on("vitals") ? "&vitals=true" : "&stepUs=" + std::to_string((until - since) / kSlots);
  if (line.isSet("by")) query += "&by=" + format::percentEncode(line.text("by"));
  if (!line.arguments.empty()) query += "&services=" + format::percentEncode(join(line.arguments, ","));
  return query;
}

net::Task<int> showExposition(Session& session) {
  const auto answer = co_await askDaemon(session, "/v1/exposition");
  if (!answer.ok()) co_return failWith(session, answer.error());
  session.presenter.print((*answer)["text"].asString());
  co_return kDone;
}

net::Task<int> showContainers(Session& session) {
  const auto answer = co_await askDaemon(session, "/v1/containers");
  if (!answer.ok()) co_return failWith(session, answer.error());
  session.presenter.print(session.line.json()
                              ? answer->dump(2) + "\n"
                              : hostScreen((*answer)["host"]) + "\n" + containersScreen(*answer, session.outStyle));
  co_return kDone;
}

}  // namespace

net::Task<int> runMetrics(Session& session) {
  const CommandLine& line = session.line;
  if (line.on("prometheus")) co_return co_await showExposition(session);
  if (line.on("containers")) co_return co_await showContainers(session);
  const auto query = queryOf(line, session.loop.clock().wallUs());
  if (!query.ok()) {
    session.show(query.error());
    co_return kWrongUsage;
  }
  const auto answer = co_await askDaemon(session, "/v1/metrics?" + *query);
  if (!answer.ok()) co_return failWith(session, answer.error());
  const Json& rows = (*answer)["rows"];
  if (line.json()) {
    session.presenter.print(rows.dump(2) + "\n");
  } else if (line.on("vitals") && rows.items().empty()) {
    session.presenter.say("No page view in this time; `x-orbit: {vitals: true}` has pages report (docs/vitals.md)\n");
  } else if (line.on("vitals")) {
    session.presenter.print(vitalsScreen(*answer, session.outStyle));
  } else if (rows.items().empty()) {
    session.presenter.say("No request in this time; `orbit status` shows where the services answer\n");
  } else {
    session.presenter.print(metricsScreen(*answer, session.outStyle));
  }
  co_return kDone;
}

}  // namespace orbit::cli

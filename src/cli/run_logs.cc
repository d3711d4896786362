// logs: what the containers print, aligned and coloured.
#include "base/base.h"
#include "cli/log_printer.h"
#include "cli/request.h"
#include "cli/runners.h"

namespace orbit::cli {

using format::Json;

net::Task<int> runLogs(Session& session) {
  const CommandLine& line = session.line;
  auto body = logsRequest(line, session.loop.clock().wallUs());
  if (!body.ok()) {
    session.show(body.error());
    co_return kWrongUsage;
  }
  LogPrinter printer(
      {.style = session.outStyle, .prefix = !line.on("no-log-prefix"), .timestamps = line.on("timestamps")});
  // The names first, so that the first line already knows how wide the longest is. The edge is no container, and its
  // log needs no project.
  const bool edge = line.arguments == std::vector<std::string>{"edge"} && !line.isSet("index");
  Json listing = namedProject(line);
  listing.set("services", Json::strings(line.arguments));
  listing.set("all", true);
  if (line.isSet("environment")) listing.set("environment", line.text("environment"));
  std::set<std::string> shown;
  Session::OnEvent onRow = [&](const Event& event) {
    const auto* row = std::get_if<RowEvent>(&event);
    if (row == nullptr) return session.presenter.handle(event, session.now());
    const int index = line.number("index").value_or(0);
    if (row->oneOff || (index > 0 && row->number != index)) return;
    shown.insert(row->container);
    printer.expect(row->service, row->container);
  };
  if (!edge) {
    const auto listed = co_await session.project("/v1/ps", std::move(listing), session.wait(), std::move(onRow));
    if (!listed.ok() || listed->outcome != "ok") co_return session.finish(listed);
  }
  Session::OnEvent onLine = [&](const Event& event) {
    if (const auto* log = std::get_if<LogEvent>(&event)) {
      const bool wanted = !line.isSet("index") || shown.contains(log->container);
      if (wanted) session.presenter.print(line.json() ? log->body.dump() + "\n" : printer.line(*log));
    } else if (const auto* changed = std::get_if<ContainerEvent>(&event)) {
      if (!line.json()) session.presenter.say(printer.line(*changed));
    } else {
      session.presenter.handle(event, session.now());
    }
  };
  const auto result = co_await session.project("/v1/logs", std::move(*body), session.wait(), std::move(onLine));
  co_return session.finish(result);
}

}  // namespace orbit::cli

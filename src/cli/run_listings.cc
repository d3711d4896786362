// ps, ls, config, version: ask, print.
#include <unistd.h>

#include <fstream>

#include "base/base.h"
#include "cli/listing.h"
#include "cli/request.h"
#include "cli/runners.h"

namespace orbit::cli {
namespace {

using format::Json;

int wrongFormat(Session& session, const std::string& format, const std::string& known) {
  session.show(Error{.code = Code::kInvalid, .message = "--format is " + known + ", not '" + format + "'"});
  return kWrongUsage;
}

// States that `ps --status` and `--filter status=` ask for.
Result<std::vector<std::string>> wantedStates(const CommandLine& line) {
  std::vector<std::string> states = line.list("status");
  for (const auto& filter : line.list("filter")) {
    if (!startsWith(filter, "status=")) {
      return Error{.code = Code::kInvalid,
                   .message = "ps knows no filter '" + filter + "'",
                   .hint = "Write --filter status=running"};
    }
    states.push_back(filter.substr(7));
  }
  return states;
}

// "shop" of "shop-db-1".
std::string projectOf(const RowEvent& row) {
  if (startsWith(row.container, "orbit.") && !row.environment.empty()) {
    return row.container.substr(6, row.container.find('.', 6) - 6);
  }
  const auto at = row.container.rfind("-" + row.service + "-");
  return at == std::string::npos ? std::string() : row.container.substr(0, at);
}

std::string lines(const std::set<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += name + "\n";
  return out;
}

// What one of config's name lists prints, or nullopt when none was asked for.
std::optional<std::string> configList(const CommandLine& line, const Json& config) {
  std::set<std::string> names;
  if (line.on("services") || line.on("images") || line.on("profiles")) {
    for (const auto& service : config["services"].items()) {
      if (line.on("services")) names.insert(service["name"].asString());
      if (line.on("images")) {
        const std::string& image = service["image"].asString();
        const std::string built = config["project"].asString() + "-" + service["name"].asString();
        names.insert(image.empty() ? built : image);
      }
      if (line.on("profiles")) {
        for (const auto& profile : service["profiles"].asStrings()) names.insert(profile);
      }
    }
  } else if (line.on("volumes") || line.on("networks")) {
    const auto keys = config[line.on("volumes") ? "volumes" : "networks"].asStrings();
    names.insert(keys.begin(), keys.end());
  } else {
    return std::nullopt;
  }
  if (line.json()) return Json::strings({names.begin(), names.end()}).dump() + "\n";
  return lines(names);
}

std::string hashes(const std::string& wanted, const Json& config) {
  std::string out;
  const auto names = split(wanted, ',');
  for (const auto& service : config["services"].items()) {
    const std::string& name = service["name"].asString();
    if (wanted != "*" && std::find(names.begin(), names.end(), std::string_view(name)) == names.end()) continue;
    out += name + " " + service["configHash"].asString() + "\n";
  }
  return out;
}

int printConfig(Session& session, const Json& config) {
  const CommandLine& line = session.line;
  if (line.on("quiet")) return kDone;
  std::string text = config["text"].asString();
  if (line.isSet("hash")) {
    text = hashes(line.text("hash"), config);
  } else if (const auto list = configList(line, config)) {
    text = *list;
  } else if (line.json()) {
    Json body = config;
    Json out = Json::object();
    for (const auto& [key, value] : body.members()) {
      if (key != "event") out.set(key, value);
    }
    text = out.dump(2) + "\n";
  }
  if (!line.isSet("output")) {
    session.presenter.print(text);
    return kDone;
  }
  std::ofstream file(line.text("output"), std::ios::binary);
  file << text;
  file.close();
  if (file.good()) return kDone;
  session.show(Error{.code = Code::kIo, .message = "Cannot write " + line.text("output")});
  return kFailed;
}

}  // namespace

net::Task<int> runPs(Session& session) {
  const CommandLine& line = session.line;
  const std::string format = line.text("format");
  if (!format.empty() && format != "table" && format != "json") co_return wrongFormat(session, format, "table or json");
  const auto states = wantedStates(line);
  if (!states.ok()) {
    session.show(states.error());
    co_return kWrongUsage;
  }
  Json body = namedProject(line);
  body.set("services", Json::strings(line.arguments));
  body.set("all", line.on("all") || !states->empty());
  if (line.isSet("environment")) body.set("environment", line.text("environment"));
  std::vector<RowEvent> rows;
  Session::OnEvent receive = [&](const Event& event) {
    const auto* row = std::get_if<RowEvent>(&event);
    if (row == nullptr) return session.presenter.handle(event, session.now());
    if (states->empty() || std::find(states->begin(), states->end(), row->state) != states->end()) rows.push_back(*row);
  };
  const auto result = co_await session.project("/v1/ps", std::move(body), session.wait(), std::move(receive));
  const int status = session.finish(result);
  if (status != kDone) co_return status;
  const std::int64_t nowUs = session.loop.clock().wallUs();
  std::string text;
  if (line.on("quiet")) {
    for (const auto& row : rows) text += row.id + "\n";
  } else if (line.on("services")) {
    std::set<std::string> names;
    for (const auto& row : rows) names.insert(row.service);
    text = lines(names);
  } else if (line.json()) {
    text = psJson(rows, rows.empty() ? std::string() : projectOf(rows.front()), nowUs);
  } else {
    text = psTable(rows, nowUs, !line.on("no-trunc"));
  }
  session.presenter.print(text);
  co_return kDone;
}

net::Task<int> runLs(Session& session) {
  const CommandLine& line = session.line;
  const std::string format = line.text("format");
  if (!format.empty() && format != "table" && format != "json") co_return wrongFormat(session, format, "table or json");
  const auto ready = co_await session.link.ensure(session.api, session.wait());
  if (!ready.ok()) {
    session.show(ready.error());
    co_return kFailed;
  }
  const auto answer = co_await session.api.get("/v1/projects", session.wait());
  if (!answer.ok()) {
    session.show(answer.error());
    co_return kFailed;
  }
  const Json& projects = (*answer)["projects"];
  const bool all = line.on("all");
  session.presenter.print(line.on("quiet") ? lsNames(projects, all)
                          : line.json()    ? lsJson(projects, all)
                                           : lsTable(projects, all));
  co_return kDone;
}

net::Task<int> runConfig(Session& session) {
  const CommandLine& line = session.line;
  const std::string format = line.text("format");
  if (!format.empty() && format != "yaml" && format != "json") co_return wrongFormat(session, format, "yaml or json");
  session.snapshot.services = line.arguments;
  Json config;
  Session::OnEvent receive = [&](const Event& event) {
    if (const auto* found = std::get_if<ConfigEvent>(&event)) {
      config = found->body;
    } else {
      session.presenter.handle(event, session.now());
    }
  };
  Json body = Json::object();
  if (line.isSet("environment")) body.set("environment", line.text("environment"));
  const auto result = co_await session.project("/v1/config", std::move(body), session.wait(), std::move(receive));
  const int status = session.finish(result);
  co_return status == kDone ? printConfig(session, config) : status;
}

net::Task<int> runVersion(Session& session) {
  const CommandLine& line = session.line;
  if (line.on("short")) {
    session.presenter.print(std::string(ORBIT_VERSION) + "\n");
    co_return kDone;
  }
  const auto ready = co_await session.link.ensure(session.api, session.wait());
  Result<Json> answer = ready.ok() ? Result<Json>(Json()) : Result<Json>(ready.error());
  if (ready.ok()) answer = co_await session.api.get("/v1/version?engine=true", session.wait());
  if (line.json()) {
    Json out = answer.ok() ? *answer : Json::object({{"version", buildVersion()}});
    session.presenter.print(out.dump(2) + "\n");
    co_return kDone;
  }
  std::string text = "Orbit   " + buildVersion() + "\n";
  if (answer.ok()) {
    const Json& engine = (*answer)["engine"];
    text += engine.isNull()
                ? "Engine  not reached\n"
                : "Engine  " + engine["version"].asString() + " (API " + engine["apiVersion"].asString() + ")\n";
  }
  session.presenter.print(text);
  if (!answer.ok()) session.show(answer.error());
  if (answer.ok() && !(*answer)["engineProblem"].isNull()) {
    session.presenter.handle(Event(problemFrom((*answer)["engineProblem"])), session.now());
    session.settle();
  }
  co_return kDone;
}

}  // namespace orbit::cli

#include "cli/listing.h"

#include "base/base.h"
#include "cli/screen_text.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
constexpr std::size_t kCommandColumns = 20;  // as docker ps

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string agoText(std::int64_t sinceUs, std::int64_t nowUs) {
  return sinceUs <= 0 ? "" : roundedSpan((nowUs - sinceUs) / kMicrosecondsPerSecond) + " ago";
}

std::string commandText(const std::string& command, bool truncate) {
  return "\"" + (truncate ? fitted(printable(command), kCommandColumns) : printable(command)) + "\"";
}

// "running(3)", "exited(2)", "running(2), exited(1)".
std::string projectStatus(const Json& project) {
  const auto running = project["running"].asInt();
  const auto stopped = project["containers"].asInt() - running;
  std::string out;
  if (running > 0) out = "running(" + std::to_string(running) + ")";
  if (stopped > 0) out += (out.empty() ? "" : ", ") + ("exited(" + std::to_string(stopped) + ")");
  return out;
}

std::vector<const Json*> shownProjects(const Json& projects, bool all) {
  std::vector<const Json*> shown;
  for (const auto& project : projects.items()) {
    if (all || project["running"].asInt() > 0) shown.push_back(&project);
  }
  return shown;
}

}  // namespace

std::string roundedSpan(std::int64_t seconds) {
  const auto counted = [](std::int64_t n, const char* unit) { return std::to_string(n) + " " + unit; };
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return counted(seconds, "seconds");
  const std::int64_t minutes = seconds / 60;
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return counted(minutes, "minutes");
  const std::int64_t hours = (seconds + 1800) / 3600;
  if (hours == 1) return "About an hour";
  if (hours < 48) return counted(hours, "hours");
  const std::int64_t days = hours / 24;
  if (days < 14) return counted(days, "days");
  if (days < 60) return counted(days / 7, "weeks");
  if (days < 730) return counted(days / 30, "months");
  return counted(days / 365, "years");
}

std::string statusText(const RowEvent& row, std::int64_t nowUs) {
  if (row.state == "running" || row.state == "paused") {
    std::string out = "Up " + roundedSpan((nowUs - row.startedUs) / kMicrosecondsPerSecond);
    if (row.state == "paused") return out + " (Paused)";
    if (row.health == "starting") return out + " (health: starting)";
    return row.health.empty() || row.health == "none" ? out : out + " (" + row.health + ")";
  }
  if (row.state == "exited") return "Exited (" + std::to_string(row.exitCode) + ")";
  if (row.state == "restarting") return "Restarting (" + std::to_string(row.exitCode) + ")";
  return capitalised(row.state);
}

std::string psTable(const std::vector<RowEvent>& rows, std::int64_t nowUs, bool truncate) {
  std::vector<std::vector<std::string>> table = {{"NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"}};
  const bool urls = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.url.empty(); });
  const bool deployed = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return !row.environment.empty(); });
  if (deployed) table.front().emplace_back("ENVIRONMENT");
  if (urls) table.front().emplace_back("URL");
  for (const auto& row : rows) {
    table.push_back({row.container, row.image, commandText(row.command, truncate), row.service,
                     agoText(row.createdUs, nowUs), statusText(row, nowUs), row.ports});
    if (deployed) table.back().push_back(row.environment.empty() ? "development" : row.environment);
    if (urls) table.back().push_back(row.url);
  }
  return columnsText(table);
}

std::string psJson(const std::vector<RowEvent>& rows, const std::string& project, std::int64_t nowUs) {
  std::string out;
  for (const auto& row : rows) {
    Json line = Json::object({{"Command", commandText(row.command, false)},
                              {"CreatedAt", wallText(row.createdUs)},
                              {"ExitCode", row.exitCode},
                              {"Health", row.health == "none" ? "" : row.health},
                              {"ID", row.id},
                              {"Image", row.image},
                              {"Name", row.container},
                              {"OneOff", row.oneOff},
                              {"Ports", row.ports}});
    if (!project.empty()) line.set("Project", project);
    line.set("RunningFor", agoText(row.createdUs, nowUs));
    line.set("Service", row.service);
    line.set("State", row.state);
    line.set("Status", statusText(row, nowUs));
    if (!row.url.empty()) line.set("URL", row.url);
    if (!row.environment.empty()) {
      line.set("Environment", row.environment);
      line.set("Release", row.release);
    }
    out += line.dump() + "\n";
  }
  return out;
}

std::string lsTable(const Json& projects, bool all) {
  std::vector<std::vector<std::string>> table = {{"NAME", "STATUS", "CONFIG FILES"}};
  for (const auto* project : shownProjects(projects, all)) {
    table.push_back({(*project)["project"].asString(), projectStatus(*project), (*project)["files"].asString()});
  }
  return columnsText(table);
}

std::string lsJson(const Json& projects, bool all) {
  Json list = Json::array();
  for (const auto* project : shownProjects(projects, all)) {
    list.push(Json::object({{"Name", (*project)["project"]},
                            {"Status", projectStatus(*project)},
                            {"ConfigFiles", (*project)["files"]},
                            {"WorkingDir", (*project)["workingDir"]}}));
  }
  return list.dump() + "\n";
}

std::string lsNames(const Json& projects, bool all) {
  std::string out;
  for (const auto* project : shownProjects(projects, all)) out += (*project)["project"].asString() + "\n";
  return out;
}

std::string shortPorts(const std::string& ports) {
  std::vector<std::string> shown;
  for (auto part : split(ports, ',')) {
    std::string_view port = trim(part);
    const auto arrow = port.find("->");
    if (arrow == std::string_view::npos) continue;  // only exposed: the host does not reach it
    if (startsWith(port, "0.0.0.0:")) port.remove_prefix(8);
    if (startsWith(port, ":::")) port.remove_prefix(3);
    if (startsWith(port, "[::]:")) port.remove_prefix(5);
    if (endsWith(port, "/tcp")) port.remove_suffix(4);
    std::string text(port);
    if (std::find(shown.begin(), shown.end(), text) == shown.end()) shown.push_back(std::move(text));
  }
  return join(shown, ", ");
}

}  // namespace orbit::cli

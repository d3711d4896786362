#include "cli/release_text.h"

#include "base/base.h"
#include "cli/deploy_text.h"
#include "cli/listing.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;
constexpr std::size_t kMessageColumns = 50;
constexpr std::size_t kCommitLetters = 7;
constexpr std::size_t kImageLetters = 19;  // "sha256:" and twelve digits

std::string agoText(std::int64_t atUs, std::int64_t nowUs) {
  return atUs <= 0 ? "" : lower(roundedSpan((nowUs - atUs) / kMicrosecondsPerSecond)) + " ago";
}

// "9d8e7f6 fix the total (ann), with changes that are not committed".
std::string sourceText(const Json& source, bool whole) {
  std::string out = source["commit"].asString().substr(0, kCommitLetters);
  const std::string message = printable(source["message"].asString()), author = printable(source["author"].asString());
  if (!message.empty()) out += (out.empty() ? "" : " ") + (whole ? message : fitted(message, kMessageColumns));
  if (!author.empty()) out += " (" + author + ")";
  if (source["dirty"].asBool()) out += whole ? ", with changes that are not committed" : " +changes";
  return out;
}

std::string releaseState(const Json& row) {
  std::string state = stageWord(row["stage"].asString());
  if (row["live"].asBool()) state = state.empty() || state == "settled" ? "live" : "live, " + state;
  if (!row["available"].asBool() && !row["live"].asBool()) state += ", gone";
  return state;
}

std::string section(const std::string& name, const std::string& text, const Style& style) {
  return text.empty() ? "" : "\n" + style.paint(Color::kBold, name) + "\n" + text;
}

std::string shippedText(const Json& report) {
  std::vector<std::vector<std::string>> table;
  std::vector<std::string> kept;
  for (const auto& service : report["services"].items()) {
    const std::string &name = service["name"].asString(), &before = service["before"].asString();
    if (!service["changed"].asBool()) {
      kept.push_back(name);
      continue;
    }
    table.push_back({"  " + name, before.empty() ? "new" : "instead of " + before, service["image"].asString(),
                     service["imageId"].asString().substr(0, kImageLetters)});
  }
  std::string out = columnsText(table);
  if (!kept.empty()) out += "  unchanged: " + join(kept, ", ") + "\n";
  std::vector<std::string> names;
  for (const auto& variable : report["variables"].items()) {
    const std::string version = " (secret, version " + std::to_string(variable["version"].asInt(1)) + ")";
    names.push_back("  " + variable["name"].asString() +
                    (variable["secret"].asBool() ? version : "=" + printable(variable["value"].asString())) + "\n");
  }
  return out + join(names, "");
}

std::string usersText(const Json& report) {
  std::string out;
  for (const auto& [service, numbers] : report["numbers"].members()) {
    out += "  " + service + ": " + besideText(numbers) + "\n";
    if (!numbers["verdict"].asString().empty()) out += "    " + numbers["verdict"].asString() + "\n";
  }
  return out;
}

// "+12.5s".
std::string afterText(std::int64_t atUs, const Json& report) {
  const std::int64_t span = std::max<std::int64_t>(atUs - report["startedUs"].asInt(), 0);
  return "  +" + spanText(std::chrono::milliseconds(span / 1000));
}

std::string stepsText(const Json& report) {
  const std::string& stage = report["stage"].asString();
  std::vector<std::vector<std::string>> table = {{"  " + wallText(report["startedUs"].asInt()), "begun"}};
  const auto add = [&](const char* name, std::string text) {
    if (const auto atUs = report[name].asInt(); atUs > 0) table.push_back({afterText(atUs, report), std::move(text)});
  };
  add("liveUs", "live: its first share of requests");
  add("promotedUs", "promoted: nearly all requests");
  for (const auto& fault : report["sharedFaults"].items()) {
    table.push_back({afterText(fault["atUs"].asInt(), report), "shared fault: " + printable(fault["text"].asString())});
  }
  add("endedUs", stage);
  return columnsText(table);
}

std::string linesText(const Json& list) {
  std::string out;
  for (const auto& line : list.asStrings()) out += "  " + printable(line) + "\n";
  return out;
}

Color stateColor(const std::string& state) {
  if (state == "running" || state == "promoted" || state == "watching" || state == "settled") return Color::kGreen;
  if (state.empty() || state == "paused") return Color::kYellow;
  return Color::kRed;
}

// The minute that passed, "" where nothing was asked.
std::string minuteText(const Json& row) {
  const auto requests = row["requests"].asInt();
  return requests == 0 ? "" : numbersText(row) + " in a minute";
}

using Group = std::pair<std::string, std::string>;  // project, environment

std::string groupText(const Json& rows, const Group& group, std::int64_t nowUs, const Style& style) {
  std::vector<std::vector<std::string>> table;
  std::vector<std::string> notes;
  for (const auto& row : rows.items()) {
    if (Group(row["project"].asString(), row["environment"].asString()) != group) continue;
    const std::string& state = row["state"].asString();
    const auto replicas = row["replicas"].asInt();
    const std::string count =
        replicas == 0 ? "" : std::to_string(row["running"].asInt()) + "/" + std::to_string(replicas);
    table.push_back({"  " + row["name"].asString(), row["release"].asString(),
                     style.paint(stateColor(state), state.empty() ? "stopped" : state), count,
                     agoText(row["sinceUs"].asInt(), nowUs), minuteText(row), row["url"].asString()});
    if (!row["source"].asString().empty())
      table.back()[5] += (table.back()[5].empty() ? "" : "  ") + printable(row["source"].asString());
    if (!row["note"].asString().empty())
      notes.push_back(row["name"].asString() + ": " + printable(row["note"].asString()));
  }
  std::string out = style.paint(Color::kBold, group.first) + "  " + group.second + "\n" + columnsText(table);
  for (const auto& note : notes) out += style.paint(Color::kYellow, "  ! ") + note + "\n";
  return out;
}

}  // namespace

std::string releasesTable(const Json& releases, std::int64_t nowUs) {
  std::vector<std::vector<std::string>> table = {{"RELEASE", "ENVIRONMENT", "STATE", "BEGUN", "SERVICES", "FROM"}};
  for (const auto& row : releases.items()) {
    table.push_back({row["release"].asString(), row["environment"].asString(), releaseState(row),
                     agoText(row["startedUs"].asInt(), nowUs), join(row["services"].asStrings(), ", "),
                     sourceText(row["source"], false)});
  }
  return columnsText(table);
}

std::string releaseReport(const Json& report, std::int64_t nowUs, const Style& style) {
  const std::string &release = report["release"].asString(), &summary = report["summary"].asString();
  std::string out = style.paint(Color::kBold, release) + " of " + report["project"].asString() + " " +
                    report["environment"].asString() + ": " + stageWord(report["stage"].asString()) + "\n";
  if (!summary.empty()) out += printable(summary) + "\n";
  const std::string source = sourceText(report["source"], true);
  if (!source.empty()) out += "From   " + source + "\n";
  const std::string& by = report["by"].asString();
  out += "Begun  " + agoText(report["startedUs"].asInt(), nowUs) + (by.empty() ? "" : ", by " + by) + "\n";
  out += section("What was shipped", shippedText(report), style);
  out += section("What happened to users", usersText(report), style);
  out += section("What Orbit did", stepsText(report), style);
  out += section("Why", linesText(report["reasons"]), style);
  return out;
}

std::string statusScreen(const Json& rows, std::int64_t nowUs, const Style& style) {
  std::vector<Group> groups;
  for (const auto& row : rows.items()) {
    Group group(row["project"].asString(), row["environment"].asString());
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(std::move(group));
  }
  // A project's environments together, development last.
  std::sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
    return std::tuple(a.first, a.second == "development", a.second) <
           std::tuple(b.first, b.second == "development", b.second);
  });
  std::string out;
  for (const auto& group : groups) out += (out.empty() ? "" : "\n") + groupText(rows, group, nowUs, style);
  return out;
}

bool isRelease(const std::string& word) {
  return word.size() > 1 && word.front() == 'r' && word.find_first_not_of("0123456789", 1) == std::string::npos;
}

Result<std::string> urlToOpen(const Json& rows, const std::string& word, const std::string& environment) {
  std::vector<std::string> names;
  std::string found;
  bool known = false;
  for (const auto& row : rows.items()) {
    const std::string &name = row["name"].asString(), &url = row["url"].asString();
    const bool meant = word.empty() || name == word;
    known = known || (meant && !word.empty());
    if (url.empty()) continue;
    names.push_back(name);
    if (!meant) continue;
    if (!found.empty() && word.empty()) {
      std::vector<std::string> all;
      for (const auto& each : rows.items()) {
        if (!each["url"].asString().empty())
          all.push_back("orbit open " + each["name"].asString() + "   " + each["url"].asString());
      }
      return Error{.code = Code::kInvalid,
                   .message = "Several services of " + environment + " have a URL",
                   .hint = join(all, "\n")};
    }
    if (found.empty()) found = url;
  }
  if (!found.empty()) return found;
  if (rows.items().empty()) {
    return Error{.code = Code::kNotFound,
                 .message = "Nothing is deployed to " + environment,
                 .hint = "orbit deploy deploys what is here"};
  }
  if (known)
    return Error{.code = Code::kNotFound,
                 .message = word + " has no URL: nothing of it speaks HTTP",
                 .hint = "orbit status shows what has one"};
  if (!word.empty()) {
    std::vector<std::string_view> candidates(names.begin(), names.end());
    const auto near = nearest(word, candidates);
    return Error{
        .code = Code::kNotFound,
        .message = environment + " serves no service " + word,
        .hint = near.empty() ? "orbit status shows what it serves" : "Did you mean " + std::string(near) + "?"};
  }
  return Error{.code = Code::kNotFound,
               .message = "No service of " + environment + " has a URL",
               .hint = "orbit config -E " + environment + " says which ports are routed, and why"};
}

}  // namespace orbit::cli

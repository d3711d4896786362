#include "cli/deploy_text.h"

#include <cmath>

#include "base/base.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr Duration kPlainStep = std::chrono::seconds(10);  // between two lines of one service in one stage

std::string counted(std::int64_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

bool isBad(const std::string& stage) {
  return stage == "failed" || stage == "taken back";
}

// It ended without having been live.
bool changedNothing(const std::string& stage) {
  return stage == "failed" || stage == "cancelled" || stage == "superseded";
}

std::string verbOf(const std::string& stage) {
  if (stage == "settled") return "has settled";
  if (stage == "failed") return "failed";
  if (stage == "taken back" || stage == "cancelled" || stage == "superseded") return "was " + stage;
  return "is " + (stage.empty() ? "done" : stage);
}

std::string headOf(const Json& result) {
  const std::string &summary = result["summary"].asString(), &release = result["release"].asString();
  if (!summary.empty()) return printable(summary);
  return (release.empty() ? "It" : release) + " " + verbOf(result["stage"].asString());
}

std::string unchangedText(const Json& result) {
  const auto live = result["live"].asStrings();
  return live.empty() ? "Nothing was live before, and nothing is now"
                      : "What is live is unchanged: " + join(live, ", ");
}

}  // namespace

std::string stageWord(const std::string& stage) {
  return stage == "live" ? "watching" : stage;
}

std::string millisecondsText(double milliseconds) {
  if (milliseconds >= 1000) {
    const std::string tenths = std::to_string(std::lround(milliseconds / 100));
    return tenths.substr(0, tenths.size() - 1) + "." + tenths.back() + " s";
  }
  if (milliseconds > 0 && milliseconds < 1) return "under 1 ms";
  return std::to_string(std::lround(milliseconds)) + " ms";
}

std::string numbersText(const Json& numbers) {
  if (!numbers.has("requests")) return "";
  const auto requests = numbers["requests"].asInt();
  std::string out = counted(requests, "request") + ", " + counted(numbers["errors"].asInt(), "error");
  if (!numbers.has("p99Ms") || requests == 0) return out;
  return out + ", p99 " + millisecondsText(numbers["p99Ms"].asDouble());
}

std::string besideText(const Json& service) {
  const auto side = [](const Json& numbers, const std::string& unit) {
    std::string out = std::to_string(numbers["requests"].asInt()) + unit + ", " +
                      std::to_string(numbers["failed"].asInt()) + " failed";
    if (numbers["requests"].asInt() > 0) out += ", p99 " + millisecondsText(numbers["p99Ms"].asDouble());
    return out;
  };
  std::string out = side(service["new"], service["new"]["requests"].asInt() == 1 ? " request" : " requests");
  const std::string& beside = service["beside"].asString();
  if (!beside.empty()) out += " (" + beside + ": " + side(service["old"], "") + ")";
  return out;
}

std::string StageLines::line(const StageEvent& stage, Instant now) {
  const std::string text = stage.problem ? stage.problem->message : stage.text;
  const auto [found, added] = last_.try_emplace(stage.service);
  Last& last = found->second;
  const bool moved = added || last.stage != stage.stage || stage.problem.has_value();
  if (!moved && (last.text == text || now - last.at < kPlainStep)) return "";
  last = {stage.stage, text, now};
  const std::string name = stage.service.empty() ? "" : " " + stage.service;
  return name + " " + stageWord(stage.stage) + (text.empty() ? "" : ": " + printable(text)) + "\n";
}

std::string undoCommand(const std::string& environment) {
  return "orbit rollback" + (environment.empty() || environment == "production" ? "" : " -E " + environment);
}

std::string summaryLine(const Json& result, const std::string& undo) {
  const std::string& stage = result["stage"].asString();
  std::string out = headOf(result);
  if (changedNothing(stage)) return out + ". " + unchangedText(result);
  if (stage == "taken back") {
    const auto live = result["live"].asStrings();
    return live.empty() ? out : out + ". Live now: " + join(live, ", ");
  }
  for (const auto& one : result["urls"].items()) out += "  " + one["url"].asString();
  return undo.empty() || result["release"].asString().empty() ? out : out + "  undo: " + undo;
}

std::string endText(const Json& result, const std::string& environment, const std::string& undo, const Style& style) {
  const std::string &release = result["release"].asString(), &stage = result["stage"].asString();
  const std::string mark = isBad(stage) ? style.paint(Color::kRed, "✘") : style.paint(Color::kGreen, "✔");
  std::string out = (changedNothing(stage) && !isBad(stage) ? "-" : mark) + " " + headOf(result) + "\n";
  if (changedNothing(stage)) return out + "  " + unchangedText(result) + "\n";
  if (stage == "taken back") {
    const auto live = result["live"].asStrings();
    const bool named = !environment.empty() && environment != "production";
    if (!live.empty()) out += "  Live now: " + join(live, ", ") + "\n";
    if (!release.empty()) {
      out += "  What happened: orbit show " + release + (named ? " -E " + environment : "") + "\n";
    }
    return out;
  }
  std::vector<std::vector<std::string>> table;
  for (const auto& one : result["urls"].items()) {
    table.push_back({"  " + one["service"].asString(), one["url"].asString()});
  }
  out += columnsText(table);
  if (!undo.empty() && !release.empty()) out += "  Undo: " + undo + "\n";
  return out;
}

}  // namespace orbit::cli

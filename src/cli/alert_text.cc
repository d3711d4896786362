#include "cli/alert_text.h"

#include <fmt/format.h>

#include "base/base.h"
#include "cli/listing.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::size_t kTitleColumns = 90;

std::string sinceText(std::int64_t atUs, std::int64_t nowUs) {
  return atUs <= 0 ? "" : lower(roundedSpan(std::max<std::int64_t>(nowUs - atUs, 0) / kSecondUs));
}

Color colorOf(const std::string& severity) {
  return severity == "critical" ? Color::kRed : Color::kYellow;
}

std::string placeText(const Json& row) {
  if (row["project"].asString().empty()) return "this machine";
  return row["project"].asString() + " (" + row["environment"].asString() + ")";
}

std::string ruleText(const Json& alert) {
  std::string text = alert["rule"].asString();
  if (!alert["subject"].asString().empty()) text += " " + alert["subject"].asString();
  return printable(text);
}

std::string stateText(const Json& incident) {
  if (incident["state"].asString() != "open") return "over";
  if (incident["acknowledgedUs"].asInt() != 0)
    return "open, " + incident["acknowledgedBy"].asString() + " looks after it";
  return "open";
}

std::string deliveriesText(const Json& deliveries) {
  std::vector<std::vector<std::string>> table;
  for (const auto& one : deliveries.items()) {
    const std::string tries = one["attempts"].asInt() > 1 ? fmt::format(", {} attempts", one["attempts"].asInt()) : "";
    table.push_back({"  " + one["event"].asString(), one["receiver"].asString(), one["state"].asString() + tries,
                     printable(one["last"].asString())});
  }
  return columnsText(table);
}

std::string numberText(const Json& value, const std::string& unit) {
  if (value.isNull()) return "-";
  return unit == "%" ? fmt::format("{:.6g} %", value.asDouble()) : fmt::format("{:.4g} {}", value.asDouble(), unit);
}

}  // namespace

std::string alertsScreen(const Json& answer, bool all, std::int64_t nowUs, const Style& style) {
  std::string out;
  std::vector<std::vector<std::string>> table;
  for (const auto& alert : answer["alerts"].items()) {
    const std::string& state = alert["state"].asString();
    const bool bad = state == "firing" || state == "pending";
    if (!all && !bad) continue;
    std::string why = printable(alert["why"].asString());
    if (!alert["under"].asString().empty()) why += "  (quiet under " + alert["under"].asString() + ")";
    if (!bad) why.clear();
    const std::string name = alert["service"].asString().empty() ? "" : alert["service"].asString();
    const std::string shown = state == "firing" ? alert["severity"].asString() : state;
    table.push_back({style.paint(state == "firing" ? colorOf(shown) : Color::kDim, padded(shown, 8)), placeText(alert),
                     name, ruleText(alert), sinceText(alert["sinceUs"].asInt(), nowUs), alert["incident"].asString(),
                     why});
  }
  out = table.empty() ? "Nothing is wrong\n" : columnsText(table);
  std::vector<std::string> names;
  for (const auto& one : answer["receivers"].items()) {
    names.push_back(one["name"].asString() + " (" + one["kind"].asString() + ")");
  }
  out += names.empty() ? "\nNobody is told: x-orbit.alerts.receivers names who (docs/alerts.md)\n"
                       : "\nTold: " + join(names, ", ") + "\n";
  const std::string left = deliveriesText(answer["undelivered"]);
  if (!left.empty()) out += "\n" + style.paint(Color::kBold, "Not delivered") + "\n" + left;
  return out;
}

std::string incidentsTable(const Json& incidents, std::int64_t nowUs) {
  std::vector<std::vector<std::string>> table{{"ID", "STATE", "SEVERITY", "BEGAN", "LASTED", "TITLE"}};
  for (const auto& one : incidents.items()) {
    const std::int64_t openedUs = one["openedUs"].asInt(), resolvedUs = one["resolvedUs"].asInt();
    const auto lasted = std::chrono::microseconds((resolvedUs == 0 ? nowUs : resolvedUs) - openedUs);
    table.push_back({one["id"].asString(), stateText(one), one["severity"].asString(),
                     sinceText(openedUs, nowUs) + " ago",
                     spanText(std::chrono::duration_cast<std::chrono::seconds>(lasted)),
                     placeText(one) + ": " + fitted(printable(one["title"].asString()), kTitleColumns)});
  }
  return columnsText(table);
}

std::string incidentReport(const Json& answer, std::int64_t nowUs, const Style& style) {
  const Json& one = answer["incident"];
  std::string out = style.paint(Color::kBold, one["id"].asString()) + "  " + placeText(one) + ": " +
                    printable(one["title"].asString()) + "\n";
  out += fmt::format("{}, {}; began {}", one["severity"].asString(), stateText(one), wallText(one["openedUs"].asInt()));
  if (one["resolvedUs"].asInt() != 0) out += ", over " + wallText(one["resolvedUs"].asInt());
  if (!one["resolvedBy"].asString().empty()) out += " by " + one["resolvedBy"].asString();
  if (one["silencedUntilUs"].asInt() > nowUs) out += "; silent until " + wallText(one["silencedUntilUs"].asInt());
  out += "\n\n";
  for (const auto& moment : one["timeline"].items()) {
    constexpr std::size_t kTimeAt = 11, kTimeLetters = 8;
    const std::string& kind = moment["kind"].asString();
    const Color color = kind == "alert" ? Color::kRed : kind == "clear" ? Color::kGreen : Color::kNone;
    out += "  " + wallText(moment["atUs"].asInt()).substr(kTimeAt, kTimeLetters) + "  " +
           style.paint(color, padded(kind, 7)) + "  " + printable(moment["text"].asString()) + "\n";
  }
  const std::string told = deliveriesText(answer["deliveries"]);
  if (!told.empty()) out += "\n" + style.paint(Color::kBold, "Told") + "\n" + told;
  return out;
}

std::string objectivesTable(const Json& objectives) {
  std::vector<std::vector<std::string>> table{{"SERVICE", "OBJECTIVE", "TARGET", "TOLD BEYOND", "NOW", "BUDGET LEFT"}};
  for (const auto& row : objectives.items()) {
    const std::string& unit = row["unit"].asString();
    constexpr double kPercent = 100;
    const std::string left =
        row["budgetLeft"].isNull() ? "-" : fmt::format("{:.1f} %", kPercent * row["budgetLeft"].asDouble());
    table.push_back({row["service"].asString() + " of " + placeText(row), row["objective"].asString(),
                     numberText(row["target"], unit), numberText(row["alert"], unit), numberText(row["now"], unit),
                     left});
  }
  return columnsText(table);
}

std::string outagesTable(const Json& objectives) {
  constexpr std::size_t kOutagesShown = 5, kToMinute = 16;
  std::vector<std::vector<std::string>> table{{"NOT UP", "FROM (UTC)", "FOR", "WHY"}};
  for (const auto& row : objectives.items()) {
    std::size_t shown = 0;
    for (const auto& one : row["outages"].items()) {
      if (++shown > kOutagesShown) break;
      const auto lasted = std::chrono::microseconds(one["untilUs"].asInt() - one["fromUs"].asInt());
      std::string why = printable(one["reason"].asString());
      if (!one["known"].asBool()) why += ": not known, counts neither as up nor as down";
      table.push_back({row["service"].asString() + " of " + placeText(row),
                       wallText(one["fromUs"].asInt()).replace(10, 1, " ").substr(0, kToMinute),
                       spanText(std::chrono::duration_cast<std::chrono::seconds>(lasted)) +
                           (one["ongoing"].asBool() ? " so far" : ""),
                       std::move(why)});
    }
  }
  return table.size() == 1 ? std::string() : columnsText(table);
}

std::string openIncidentLines(const Json& incidents, std::int64_t nowUs, const Style& style) {
  std::string out;
  for (const auto& one : incidents.items()) {
    out += style.paint(colorOf(one["severity"].asString()), "! " + one["id"].asString()) + "  " + placeText(one) +
           ": " + printable(one["title"].asString()) + ", for " + sinceText(one["openedUs"].asInt(), nowUs) + "\n";
  }
  return out;
}

}  // namespace orbit::cli

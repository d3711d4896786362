#include "cli/metrics_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "format/quantity.h"

namespace orbit::cli {
namespace {

using format::Json;
using Table = std::vector<std::vector<std::string>>;

constexpr const char* kSteps[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::size_t kStepCount = std::size(kSteps);
constexpr std::string_view kUnknown = "·";
constexpr double kManyErrors = 0.01;  // of all requests: the share from which alerts are raised by default

std::vector<double> valuesOf(const Json& row, std::string_view name) {
  std::vector<double> values;
  for (const auto& slot : row["slots"].items()) values.push_back(slot.isNull() ? -1 : slot[name].asDouble());
  return values;
}

std::string line(const Json& row, std::string_view name, Color color, const Style& style) {
  return style.paint(color, sparkline(valuesOf(row, name)));
}

std::string errorsText(const Json& row, const Style& style) {
  const auto requests = row["requests"].asInt(), errors = row["errors"].asInt();
  if (errors == 0) return "0";
  const double share = static_cast<double>(errors) / static_cast<double>(std::max<std::int64_t>(requests, 1));
  const std::string text = countText(errors) + fmt::format(" ({:.2f} %)", 100 * share);
  return style.paint(share > kManyErrors ? Color::kRed : Color::kYellow, text);
}

std::string nameOf(const Json& row) {
  const std::string& service = row["service"].asString();
  std::string name = service.empty() ? "(the edge itself)" : printable(service);
  for (const char* part : {"route", "release", "instance", "page"}) {
    if (!row[part].asString().empty()) name += " " + printable(row[part].asString());
  }
  return name;
}

std::string headingOf(const Json& row) {
  const std::string &project = row["project"].asString(), &environment = row["environment"].asString();
  return project.empty() ? "" : printable(project) + "  " + printable(environment);
}

std::vector<std::string> metricsRow(const Json& row, const Style& style) {
  return {"  " + nameOf(row),
          line(row, "requests", Color::kGreen, style),
          countText(row["requests"].asInt()),
          line(row, "errors", Color::kRed, style),
          errorsText(row, style),
          line(row, "p50_ms", Color::kCyan, style),
          msText(row["p50_ms"]),
          line(row, "p99_ms", Color::kBlue, style),
          msText(row["p99_ms"]),
          line(row, "bytes_out", Color::kDim, style),
          format::bytesText(row["bytes_out"].asInt())};
}

std::string gapText(const Json& body, const Style& style) {
  const double wholeMs = static_cast<double>(body["toUs"].asInt() - body["fromUs"].asInt()) / 1000;
  const double missing = std::max(0.0, wholeMs - body["observedMs"].asDouble());
  std::string out;
  const auto dropped = body["samplesDropped"].asInt();
  if (wholeMs > 0 && missing > 0.02 * wholeMs) {
    out += style.paint(Color::kDim, fmt::format("· nobody looked for {} of this time: unknown, not zero\n",
                                                spanText(std::chrono::seconds(static_cast<long>(missing / 1000)))));
  }
  if (dropped > 0)
    out += style.paint(Color::kYellow, fmt::format("{} requests could not be counted by name\n", dropped));
  for (const auto& problem : body["problems"].items()) {
    out += style.paint(Color::kYellow, "! ") + printable(problem.asString()) + "\n";
  }
  return out;
}

}  // namespace

std::string sparkline(const std::vector<double>& values) {
  const double most = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  std::string out;
  for (const double value : values) {
    const double share = most > 0 ? value / most : 0;
    const auto step = static_cast<std::size_t>(std::max(0.0, share) * static_cast<double>(kStepCount));
    out += value < 0 ? std::string(kUnknown) : value == 0 ? " " : kSteps[std::min(step, kStepCount - 1)];
  }
  return out;
}

std::string countText(std::int64_t count) {
  const auto value = static_cast<double>(count);
  if (count < 10'000) return std::to_string(count);
  return count < 1'000'000 ? fmt::format("{:.1f}k", value / 1e3) : fmt::format("{:.2f}M", value / 1e6);
}

std::string msText(const Json& milliseconds) {
  if (milliseconds.isNull()) return "-";
  const double value = milliseconds.asDouble();
  if (value < 10) return fmt::format("{:.1f} ms", value);
  return value < 1000 ? fmt::format("{:.0f} ms", value) : fmt::format("{:.2f} s", value / 1000);
}

std::string metricsScreen(const Json& body, const Style& style) {
  std::string out, heading;
  Table table = {{"", "REQUESTS", "", "ERRORS", "", "P50", "", "P99", "", "OUT", ""}};
  for (const auto& row : body["rows"].items()) {
    const std::string own = headingOf(row);
    if (own != heading) table.push_back({style.paint(Color::kBold, own), "", "", "", "", "", "", "", "", "", ""});
    heading = own;
    table.push_back(metricsRow(row, style));
  }
  return columnsText(table) + gapText(body, style);
}

std::string vitalsScreen(const Json& body, const Style& style) {
  std::string heading;
  Table table = {{"AT P75", "LCP", "VIEWS", "INP", "VIEWS", "CLS", "VIEWS"}};
  for (const auto& row : body["rows"].items()) {
    const std::string own = headingOf(row);
    if (own != heading) table.push_back({style.paint(Color::kBold, own), "", "", "", "", "", ""});
    heading = own;
    const std::string shift = row["cls_p75"].isNull() ? "-" : fmt::format("{:.3f}", row["cls_p75"].asDouble());
    table.push_back({"  " + nameOf(row), msText(row["lcp_p75_ms"]), countText(row["lcp_views"].asInt()),
                     msText(row["inp_p75_ms"]), countText(row["inp_views"].asInt()), shift,
                     countText(row["cls_views"].asInt())});
  }
  return columnsText(table) + gapText(body, style);
}

std::string containersScreen(const Json& body, const Style& style) {
  Table table = {{"CONTAINER", "CPU", "MEMORY", "LIMIT", "IN/S", "OUT/S", "THROTTLED", "OOM", "RESTARTS"}};
  const auto bytes = [](const Json& value) { return format::bytesText(std::llround(value.asDouble())); };
  const auto alarming = [&style](std::int64_t count) {
    return count == 0 ? std::string("0") : style.paint(Color::kRed, std::to_string(count));
  };
  for (const auto& row : body["containers"].items()) {
    const double throttled = 100 * row["throttled"].asDouble();
    table.push_back({printable(row["container"].asString()), fmt::format("{:.1f} %", 100 * row["cores"].asDouble()),
                     bytes(row["memory_bytes"]),
                     row["memory_limit_bytes"].asInt() == 0 ? "-" : bytes(row["memory_limit_bytes"]),
                     bytes(row["received_per_second"]), bytes(row["sent_per_second"]),
                     throttled < 1 ? "-" : style.paint(Color::kYellow, fmt::format("{:.0f} %", throttled)),
                     alarming(row["oom_kills"].asInt()), alarming(row["restarts"].asInt())});
  }
  return table.size() == 1 ? std::string() : columnsText(table);
}

std::string hostScreen(const Json& host) {
  std::string out =
      fmt::format("machine  load {:.2f}, {:.1f} of {} processors, memory {} of {}", host["load1"].asDouble(),
                  host["cores"].asDouble(), host["processors"].asInt(), format::bytesText(host["used_bytes"].asInt()),
                  format::bytesText(host["memory_bytes"].asInt()));
  for (const auto& disk : host["disks"].items()) {
    const double share = disk["used_bytes"].asDouble() / std::max(1.0, disk["bytes"].asDouble());
    out += fmt::format("\ndisk     {} of {} ({:.0f} %), {}  {}", format::bytesText(disk["used_bytes"].asInt()),
                       format::bytesText(disk["bytes"].asInt()), 100 * share, disk["outlook"].asString(),
                       printable(disk["path"].asString()));
  }
  return out + "\n";
}

std::string topScreen(const Json& metrics, const Json& containers, std::int64_t nowUs, const Style& style) {
  std::string out =
      style.paint(Color::kBold, "orbit top") + "  " + wallText(nowUs).substr(0, 19) + "Z, the last 15 minutes\n";
  out += hostScreen(containers["host"]) + "\n" + metricsScreen(metrics, style);
  const std::string running = containersScreen(containers, style);
  return running.empty() ? out : out + "\n" + running;
}

}  // namespace orbit::cli

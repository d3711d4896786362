#include "cli/server_text.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace orbit::cli {
namespace {

using format::Json;

Json number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size() ? Json(value) : Json();
}

// "edge running 1240 starts 2 generation 1795000001 ready"
Json processOf(const std::vector<std::string_view>& words) {
  Json process = Json::object({{"name", words[0]}, {"state", words[1]}, {"pid", number(words[2])}});
  const auto last = words.end();
  for (const std::string_view field : {"starts", "generation"}) {
    const auto at = std::find(words.begin() + 3, last, field);
    process.set(field, at == last || at + 1 == last ? Json() : number(at[1]));
  }
  process.set("ready", words.back() == "ready");
  return process;
}

std::string stateText(const Json& process) {
  const std::string state = process["state"].asString();
  if (state == "waiting") return "not running; it is started again in a moment";
  const std::string which =
      "generation " + process["generation"].dump() + ", process " + std::to_string(process["pid"].asInt());
  if (state == "running") return which + (process["ready"].asBool() ? "" : ", not ready yet");
  return which + ", " + state;
}

}  // namespace

Json holdProcesses(std::string_view status) {
  Json processes = Json::array();
  for (const std::string_view line : split(status, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() >= 3 && number(words[2]).isInt()) processes.push(processOf(words));
  }
  return processes;
}

std::string edgeLines(const Json& processes) {
  std::string text;
  for (const Json& process : processes.items()) {
    if (process["name"].asString() == "edge") text += "Edge    " + stateText(process) + "\n";
  }
  return text;
}

}  // namespace orbit::cli

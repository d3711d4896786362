#include "api/log_line.h"

namespace orbit::api {
namespace {

constexpr std::size_t kLineBytesMax = 1024 * 1024;

}  // namespace

format::Json logEvent(const LogLine& line) {
  format::Json event = format::Json::object({{"event", "log"},
                                             {"service", line.service},
                                             {"container", line.container},
                                             {"stream", line.isNotice  ? "orbit"
                                                        : line.isError ? "stderr"
                                                                       : "stdout"},
                                             {"timeUs", line.timeUs},
                                             {"text", line.text}});
  for (const auto& [name, value] : {std::pair("level", &line.level), std::pair("environment", &line.environment),
                                    std::pair("release", &line.release), std::pair("request", &line.request)}) {
    if (!value->empty()) event.set(name, *value);
  }
  return event;
}

std::optional<LogLine> LineJoiner::add(engine::LogRecord record) {
  const auto [at, fresh] = begun_.try_emplace(record.isError);
  LogLine& line = at->second;
  if (fresh) line = {service_, container_, record.isError, record.timeUs, ""};
  line.text += record.text;
  if (record.partial && line.text.size() < kLineBytesMax) return std::nullopt;
  return rest(record.isError);
}

std::optional<LogLine> LineJoiner::rest(bool isError) {
  const auto at = begun_.find(isError);
  if (at == begun_.end()) return std::nullopt;
  LogLine line = std::move(at->second);
  begun_.erase(at);
  return line;
}

}  // namespace orbit::api

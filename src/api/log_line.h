// Whole lines out of the engine's log records. Private to api. Thread rules: plain values.
#pragma once
#include <map>
#include <string>

#include "engine/types.h"
#include "format/json.h"

namespace orbit::api {

struct LogLine {
  std::string service, container;
  bool isError = false;
  std::int64_t timeUs = 0;                                               // of its first part
  std::string text;                                                      // a stack trace has several lines
  std::string level = {}, environment = {}, release = {}, request = {};  // "" where unknown
  bool isNotice = false;                                                 // Orbit's own words
};
format::Json logEvent(const LogLine& line);

// Joins the parts of long lines: the engine splits at 16 KiB. One per container. A line longer than 1 MiB comes in
// pieces.
class LineJoiner {
 public:
  LineJoiner(std::string service, std::string container)
      : service_(std::move(service)), container_(std::move(container)) {}
  // The line that this record completes.
  std::optional<LogLine> add(engine::LogRecord record);
  // What was begun and never completed: the container died in the middle of a line.
  std::optional<LogLine> rest(bool isError);

 private:
  std::string service_, container_;
  std::map<bool, LogLine> begun_;  // by isError
};

}  // namespace orbit::api

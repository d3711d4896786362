// What people are told about an incident: what alert decides and notify delivers. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "model/alerting.h"

namespace orbit::model {

struct Notice {
  enum class Event { kOpened, kChanged, kRepeated, kResolved, kTest, kUndelivered };
  std::string id;        // of this notice: the same when it is sent again
  std::string incident;  // the same for all notices of an incident
  int number = 1;        // of its incident, from 1
  Event event = Event::kOpened;
  Severity severity = Severity::kWarning;
  std::string project, environment;
  std::vector<std::string> services;
  std::string title;               // one line
  std::vector<std::string> lines;  // what fires and why, then what happened
  std::int64_t atUs = 0, openedUs = 0, resolvedUs = 0;
};
std::string_view eventName(Notice::Event event);   // "opened", "changed", "repeated", "resolved", "test", "undelivered"
std::string_view severityName(Severity severity);  // "warning", "critical"

}  // namespace orbit::model

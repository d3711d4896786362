// What `alerts`, `incidents` and `objectives` print. Thread rules: pure functions; the time comes in.
#pragma once
#include <cstdint>
#include <string>

#include "cli/screen_text.h"
#include "format/json.h"

namespace orbit::cli {

// The answer of GET /v1/alerts.
std::string alertsScreen(const format::Json& answer, bool all, std::int64_t nowUs, const Style& style);
// `incidents` is the array of GET /v1/incidents.
std::string incidentsTable(const format::Json& incidents, std::int64_t nowUs);
// The answer of GET /v1/incidents?id=…
std::string incidentReport(const format::Json& answer, std::int64_t nowUs, const Style& style);
std::string objectivesTable(const format::Json& objectives);
// When services were not up, the last few times of each; "" when there was none. Of the same array.
std::string outagesTable(const format::Json& objectives);
// One line each, for `status`.
std::string openIncidentLines(const format::Json& incidents, std::int64_t nowUs, const Style& style);

}  // namespace orbit::cli

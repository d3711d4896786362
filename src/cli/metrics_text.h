// What `metrics` and `top` print. Thread rules: pure functions; the time comes in.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cli/screen_text.h"
#include "format/json.h"

namespace orbit::cli {

// "▁▂▄█": each value by its share of the largest; a negative one, which nobody measured, is "·".
std::string sparkline(const std::vector<double>& values);
// "1234", "12.3k", "4.56M".
std::string countText(std::int64_t count);
// "0.4 ms", "38 ms", "1.20 s"; "-" when it is null.
std::string msText(const format::Json& milliseconds);

// `body` is the answer of GET /v1/metrics with slots.
std::string metricsScreen(const format::Json& body, const Style& style);
// Of the same with vitals=true.
std::string vitalsScreen(const format::Json& body, const Style& style);
// `body` is the answer of GET /v1/containers.
std::string containersScreen(const format::Json& body, const Style& style);
// `host` is its member of that name.
std::string hostScreen(const format::Json& host);
// Both as one screen.
std::string topScreen(const format::Json& metrics, const format::Json& containers, std::int64_t nowUs,
                      const Style& style);

}  // namespace orbit::cli

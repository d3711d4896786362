// Durations, byte sizes and counts as compose files and railway.json write them. Thread rules: pure functions.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace orbit::format {

// "1h5m30s20ms", "1.5s", "300us" (units: us ms s m h d w); a bare number is seconds. Errors: kInvalid.
Result<Duration> parseDuration(std::string_view text);
// "2b", "512k", "16mb", "1.5gb", "1GiB" or a bare number of bytes; k, m, g, t are powers of 1024, as Docker reads them.
Result<std::int64_t> parseBytes(std::string_view text);
// 12_345_678 → "11.8MiB".
std::string bytesText(std::int64_t bytes);

}  // namespace orbit::format

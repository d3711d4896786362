// Times as `logs --since` takes them. Thread rules: pure.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"

namespace orbit::cli {

// "2026-11-24T08:00:00Z", "2026-11-24T08:00:00.5+01:00", "2026-11-24", seconds since 1970, or a span before now
// ("42m", "1h30m"): microseconds since 1970, UTC. A time without a zone is UTC. Errors: kInvalid.
Result<std::int64_t> parseMoment(const std::string& text, std::int64_t nowUs);

}  // namespace orbit::cli

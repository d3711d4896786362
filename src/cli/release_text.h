// What `releases`, `show` and `status` print. Thread rules: pure functions; the time comes in.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "cli/screen_text.h"
#include "format/json.h"

namespace orbit::cli {

// `releases` is the array of GET /v1/releases.
std::string releasesTable(const format::Json& releases, std::int64_t nowUs);
// `report` is the answer of GET /v1/release: what was shipped, what happened to users, what Orbit did and why.
std::string releaseReport(const format::Json& report, std::int64_t nowUs, const Style& style);
// `rows` is the array of GET /v1/status: an environment after the other, its services below it.
std::string statusScreen(const format::Json& rows, std::int64_t nowUs, const Style& style);

// Where `open WORD` leads: a row of `rows` by its service, or the only one with a URL. Errors: kNotFound,
// kInvalid when there are several and none is named.
// "r12" is a release's name.
bool isRelease(const std::string& word);
Result<std::string> urlToOpen(const format::Json& rows, const std::string& word, const std::string& environment);

}  // namespace orbit::cli

// What `domains` prints. Thread rules: pure functions; the time comes in.
#pragma once
#include <cstdint>
#include <string>

#include "cli/screen_text.h"
#include "format/json.h"

namespace orbit::cli {

// `domains` is the array of GET /v1/domains.
std::string domainsTable(const format::Json& domains, std::int64_t nowUs);
// One domain with its records, what is wrong, and its certificate.
std::string domainReport(const format::Json& domain, std::int64_t nowUs, const Style& style);
std::string domainsJson(const format::Json& domains);
std::string authorityReport(const format::Json& authority);

}  // namespace orbit::cli

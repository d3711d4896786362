// Secrets that queries carry, kept out of what the edge tells of requests. Private to edge. Thread rules: pure.
//
// The query keeps its keys, but the values of keys that look like a secret's (token, key, password, secret, signature,
// code …; percent-encoding is seen through) become "***".
#pragma once
#include <string>
#include <string_view>

namespace orbit::edge {

// The query, cut to what is kept of it; in `scratch` when something of it is masked.
std::string_view maskedQuery(std::string_view query, std::string& scratch);
// The same for the query of an address, as in a referer.
std::string_view maskedAddress(std::string_view address, std::string& scratch);

}  // namespace orbit::edge

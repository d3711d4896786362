// One public host and the service that answers it. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"

namespace orbit::model {

struct Domain {
  std::string host;         // "shop.example.com", "*.shop.example.com"; lower case, without a final dot
  std::string project;      // whose
  std::string environment;  // "production"; "development" is what `orbit up` runs
  std::string service;
  std::int64_t addedUs = 0;
  bool hsts = false;  // browsers are told to come by https only, for a year
  bool operator==(const Domain&) const = default;
};

// The host in its one form. Errors: kInvalid for what is no host name that a certificate can be had for.
Result<std::string> normalHost(std::string_view text);

}  // namespace orbit::model

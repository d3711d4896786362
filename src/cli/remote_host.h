// Another machine's Orbit, as the user names it: `deploy@203.0.113.7`, `deploy@[2001:db8::7]:2222`,
// `ssh://deploy@shop.example.com:2222`, or a Host of ~/.ssh/config. Thread rules: plain values.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::cli {

struct RemoteHost {
  std::string user;  // "": ssh decides
  std::string host;  // IPv6 without brackets
  int port = 0;      // 0: ssh decides

  // "deploy@203.0.113.7", with the port where one is set.
  std::string text() const;
  // "ssh://deploy@[2001:db8::7]:2222" and `path` after it.
  std::string url(std::string_view path = "") const;
  bool operator==(const RemoteHost&) const = default;
};

// Errors: kInvalid, with what was expected.
Result<RemoteHost> parseRemoteHost(std::string_view text);

}  // namespace orbit::cli

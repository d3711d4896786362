// One look at the parts of a target, without making anything: for the hot path, where the part may be used as it is
// written. Private to http. Thread rules: pure functions.
#pragma once
#include <cstddef>
#include <string_view>

namespace orbit::http {

struct PathScan {
  bool normal = false;   // false: normalPath decides
  std::size_t size = 0;  // of the path: up to "?" or the end
};
PathScan scanPath(std::string_view target);

struct HostScan {
  bool valid = false;
  bool plain = false;        // the host is in normal form as it stands
  std::size_t hostSize = 0;  // without port
  std::size_t size = 0;      // with port; without the colon of an empty port
};
HostScan scanHost(std::string_view hostAndPort);

}  // namespace orbit::http

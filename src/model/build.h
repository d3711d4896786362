// How a service's image is built.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace orbit::model {

struct Build {
  std::string context;                                     // absolute path, or a URL for a remote context
  std::string dockerfile;                                  // relative to the context, or absolute
  std::string dockerfileInline;                            // text, instead of a file
  std::map<std::string, std::optional<std::string>> args;  // nullopt: taken from the shell
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> additionalContexts;
  std::string target, network, platform, isolation;
  std::vector<std::string> platforms, tags, cacheFrom, cacheTo, extraHosts, ssh, secrets, entitlements;
  std::int64_t shmBytes = 0;
  bool noCache = false, pull = false, privileged = false;
  // Files that the context gets beside its own, by path inside it: build-time variables of a frontend whose Dockerfile
  // declares no ARG for them. Values may hold secret marks.
  std::map<std::string, std::string> contextFiles;
  Location at;  // of `build:`
  bool operator==(const Build& other) const = default;
};

}  // namespace orbit::model

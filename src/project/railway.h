// railway.json and railway.toml, which Orbit goes on reading. Source: https://docs.railway.com/reference/config-as-code
// and https://railway.com/railway.schema.json. Thread rules: plain values, pure functions.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "project/fields.h"

namespace orbit::project {

struct Railway {
  std::string file;     // absolute; "": there is none
  std::string builder;  // upper case
  std::string dockerfilePath;
  std::vector<std::string> watchPatterns;
  std::optional<std::vector<std::string>> startCommand;
  std::vector<std::vector<std::string>> preDeploy;
  std::string healthPath;
  std::optional<std::int64_t> healthTimeout, restartMax, replicas, overlap, draining, memoryBytes;
  std::string restart;  // ON_FAILURE, ALWAYS, NEVER or ""
  std::optional<double> cpus;
  Location startAt, replicasAt, healthAt, restartAt, builderAt;
};

// One file, with the values of `environment` over those of all. Keys that are unknown, or known and not done, are
// named. Faults go to `findings`.
Railway readRailway(const std::string& text, const std::string& path, const std::string& environment,
                    Findings& findings);

}  // namespace orbit::project

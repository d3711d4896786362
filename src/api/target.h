// Which project a request is about: by its files, or by its name. Private to api. Thread rules: pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "api/fields.h"
#include "format/json.h"
#include "model/plan.h"
#include "project/project.h"

namespace orbit::api {

struct TargetRequest {
  std::optional<project::Snapshot> snapshot;
  std::string project;
};

// Reads `snapshot`, and `project` where the verb can work by name alone, as the last fields of a request. Errors: as
// fields.finish() and decodeSnapshot.
Result<TargetRequest> decodeTarget(Fields& fields, bool byName);

struct Target {
  std::string project;
  std::optional<model::Plan> plan;  // absent: by the labels of what runs
  const model::Plan* planOrNull() const { return plan ? &*plan : nullptr; }
};

// A target, or the events that say what is needed or wrong and the outcome to end with. Warnings come either way.
struct TargetReading {
  std::optional<Target> target;
  std::vector<format::Json> events;
  std::string outcome;   // need or failed, when there is no target
  bool nowhere = false;  // failed, for there is no compose file and no project is named
};
TargetReading readTarget(const TargetRequest& request);
// For verbs that mend what makes the files fail, a variable that is not set: problems other than an unknown name of the
// project are left out, and the target then has no plan.
TargetReading readTargetsName(const TargetRequest& request);

}  // namespace orbit::api

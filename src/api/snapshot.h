// A request's `snapshot` as project::Snapshot. Private to api. Thread rules: pure.
#pragma once
#include "format/json.h"
#include "project/project.h"

namespace orbit::api {

// Errors: kInvalid (a field, a relative path), kLimit (more files or variables than a project can have).
Result<project::Snapshot> decodeSnapshot(const format::Json& json);

}  // namespace orbit::api

#include "api/target.h"

#include "api/events.h"
#include "api/snapshot.h"

namespace orbit::api {
namespace {

// The files were looked for and there are none: the one problem that a project's name makes up for.
bool noComposeFile(const project::Snapshot& snapshot, const project::Reading& reading) {
  return snapshot.composeFiles.empty() && reading.problems.size() == 1 &&
         reading.problems.front().code == Code::kNotFound && !reading.problems.front().at.known();
}

}  // namespace

Result<TargetRequest> decodeTarget(Fields& fields, bool byName) {
  TargetRequest request;
  const format::Json& snapshot = fields.member("snapshot");
  if (byName) request.project = fields.text("project");
  ORBIT_TRY_STATUS(fields.finish());
  if (!snapshot.isNull()) {
    ORBIT_TRY(request.snapshot, decodeSnapshot(snapshot));
  } else if (request.project.empty()) {
    return Error{.code = Code::kInvalid,
                 .message = byName ? "the request names no project: neither snapshot nor project is given"
                                   : "the request has no snapshot"};
  }
  return request;
}

namespace {

TargetReading read(const TargetRequest& request, bool nameIsEnough) {
  TargetReading result;
  if (!request.snapshot) {
    result.target = Target{request.project, std::nullopt};
    return result;
  }
  project::Reading reading = project::read(*request.snapshot);
  if (!reading.needFiles.empty() || !reading.needVariables.empty()) {
    result.events.push_back(needEvent(reading.needFiles, reading.needVariables, {}));
    result.outcome = "need";
    return result;
  }
  if (reading.plan) {
    for (const auto& warning : reading.plan->warnings) result.events.push_back(warningEvent(warning));
    std::string name = reading.plan->project;
    result.target = Target{std::move(name), std::move(reading.plan)};
    return result;
  }
  const bool noFile = noComposeFile(*request.snapshot, reading);
  if (noFile && !request.project.empty()) {
    result.target = Target{request.project, std::nullopt};
    return result;
  }
  if (nameIsEnough && !reading.project.empty()) {
    result.target = Target{std::move(reading.project), std::nullopt};
    return result;
  }
  result.nowhere = noFile;
  for (const Error& problem : reading.problems) result.events.push_back(problemEvent(problem));
  result.outcome = "failed";
  return result;
}

}  // namespace

TargetReading readTarget(const TargetRequest& request) {
  return read(request, false);
}

TargetReading readTargetsName(const TargetRequest& request) {
  return read(request, true);
}

}  // namespace orbit::api

#include "api/snapshot.h"

#include <fmt/format.h>

#include "api/fields.h"

namespace orbit::api {
namespace {

using format::Json;

constexpr std::size_t kFilesMax = 10'000;
constexpr std::size_t kVariablesMax = 10'000;

Error tooMany(std::string_view what, std::size_t most) {
  return {.code = Code::kLimit, .message = fmt::format("the snapshot holds more than {} {}", most, what)};
}

Result<project::File> decodeFile(const std::string& path, const Json& json) {
  using Kind = project::File::Kind;
  if (path.empty() || path.front() != '/') {
    return Error{.code = Code::kInvalid, .message = "snapshot.files names a path that is not absolute: " + path};
  }
  Fields fields(json, "snapshot.files." + path);
  project::File file;
  const std::string kind = fields.choice("kind", {"text", "folder", "other", "absent", "unreadable"});
  file.text = fields.text("text");
  file.reason = fields.text("reason");
  ORBIT_TRY_STATUS(fields.finish());
  if (kind.empty()) return Error{.code = Code::kInvalid, .message = "snapshot.files." + path + ".kind must be given"};
  file.kind = kind == "text"     ? Kind::kText
              : kind == "folder" ? Kind::kFolder
              : kind == "other"  ? Kind::kOther
              : kind == "absent" ? Kind::kAbsent
                                 : Kind::kUnreadable;
  return file;
}

}  // namespace

Result<project::Snapshot> decodeSnapshot(const Json& json) {
  Fields fields(json, "snapshot");
  project::Snapshot snapshot;
  snapshot.workingDir = fields.requiredText("workingDir");
  snapshot.composeFiles = fields.texts("composeFiles");
  snapshot.projectName = fields.text("projectName");
  snapshot.projectDirectory = fields.text("projectDirectory");
  snapshot.profiles = fields.texts("profiles");
  snapshot.envFiles = fields.texts("envFiles");
  snapshot.services = fields.texts("services");
  const Json& files = fields.member("files");
  const Json& variables = fields.member("variables");
  ORBIT_TRY_STATUS(fields.finish());
  if (snapshot.workingDir.front() != '/') {
    return Error{.code = Code::kInvalid, .message = "snapshot.workingDir must be an absolute path"};
  }
  if (files.members().size() > kFilesMax) return tooMany("files", kFilesMax);
  if (variables.members().size() > kVariablesMax) return tooMany("variables", kVariablesMax);
  for (const auto& [path, file] : files.members()) {
    ORBIT_TRY(project::File decoded, decodeFile(path, file));
    snapshot.files.emplace(path, std::move(decoded));
  }
  for (const auto& [name, value] : variables.members()) {
    if (!value.isNull() && !value.isString()) {
      return Error{.code = Code::kInvalid, .message = "snapshot.variables." + name + " must be a text or null"};
    }
    snapshot.variables.emplace(name, value.isNull() ? std::nullopt : std::optional(value.asString()));
  }
  return snapshot;
}

}  // namespace orbit::api

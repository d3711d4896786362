// A snapshot as one JSON text and back: the files that a release was made from, kept to plan it again.
#include <array>

#include "format/format.h"
#include "project/project.h"

namespace orbit::project {
namespace {

using format::Json;

constexpr int kVersion = 1;
constexpr std::array<std::string_view, 5> kKinds = {"text", "folder", "other", "absent", "unreadable"};

struct List {
  const char* key;
  std::vector<std::string> Snapshot::*member;
};
constexpr std::array<List, 4> kLists = {{{"composeFiles", &Snapshot::composeFiles},
                                         {"profiles", &Snapshot::profiles},
                                         {"envFiles", &Snapshot::envFiles},
                                         {"services", &Snapshot::services}}};

Json fileJson(const File& file) {
  Json json = Json::object({{"kind", kKinds[static_cast<std::size_t>(file.kind)]}});
  if (file.kind == File::Kind::kUnreadable) json.set("reason", file.reason);
  if (file.kind != File::Kind::kText) return json;
  // JSON holds UTF-8 only; a file may hold any bytes.
  const bool clean = format::invalidUtf8(file.text) == std::string_view::npos;
  json.set(clean ? "text" : "escaped", clean ? file.text : format::percentEncode(file.text));
  return json;
}

Result<File> fileOfJson(const std::string& path, const Json& json) {
  File file;
  const auto kind = std::find(kKinds.begin(), kKinds.end(), json["kind"].asString());
  if (kind == kKinds.end()) return Error{Code::kInvalid, "The kept snapshot has no kind for " + path};
  file.kind = static_cast<File::Kind>(kind - kKinds.begin());
  file.reason = json["reason"].asString();
  file.text = json.has("escaped") ? format::percentDecode(json["escaped"].asString()) : json["text"].asString();
  return file;
}

}  // namespace

std::string writeSnapshot(const Snapshot& snapshot) {
  Json json = Json::object({{"version", kVersion},
                            {"workingDir", snapshot.workingDir},
                            {"projectName", snapshot.projectName},
                            {"projectDirectory", snapshot.projectDirectory}});
  for (const auto& list : kLists) json.set(list.key, Json::strings(snapshot.*list.member));
  Json::Object files, variables;
  for (const auto& [path, file] : snapshot.files) files.emplace_back(path, fileJson(file));
  for (const auto& [name, value] : snapshot.variables) variables.emplace_back(name, value ? Json(*value) : Json());
  json.set("files", Json(std::move(files)));
  json.set("variables", Json(std::move(variables)));
  return json.dump();
}

Result<Snapshot> readSnapshot(std::string_view text) {
  ORBIT_TRY(const Json json, format::parseJson(text, "the kept snapshot"));
  if (json["version"].asInt() != kVersion || !json["files"].isObject()) {
    return Error{Code::kInvalid, "The kept snapshot is of another version of Orbit", "deploy again"};
  }
  Snapshot snapshot;
  snapshot.workingDir = json["workingDir"].asString();
  snapshot.projectName = json["projectName"].asString();
  snapshot.projectDirectory = json["projectDirectory"].asString();
  for (const auto& list : kLists) snapshot.*list.member = json[list.key].asStrings();
  for (const auto& [path, one] : json["files"].members()) {
    ORBIT_TRY(snapshot.files[path], fileOfJson(path, one));
  }
  for (const auto& [name, value] : json["variables"].members()) {
    snapshot.variables[name] = value.isNull() ? std::nullopt : std::optional(value.asString());
  }
  return snapshot;
}

}  // namespace orbit::project

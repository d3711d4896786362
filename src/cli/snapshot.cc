#include "cli/snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/base.h"

namespace orbit::cli {
namespace {

using format::Json;
namespace fs = std::filesystem;

constexpr std::size_t kFileBytesMax = 4 << 20;
constexpr std::size_t kMentionedMax = 2000;
constexpr std::string_view kComposeNames[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                              "docker-compose.yaml"};
constexpr std::string_view kOverrideNames[] = {"compose.override.yml", "compose.override.yaml",
                                               "docker-compose.override.yml", "docker-compose.override.yaml"};
constexpr std::string_view kComposeVariables[] = {
    "COMPOSE_FILE",           "COMPOSE_PATH_SEPARATOR", "COMPOSE_PROJECT_NAME",     "COMPOSE_PROJECT_DIRECTORY",
    "COMPOSE_PROFILES",       "COMPOSE_ENV_FILES",      "COMPOSE_DISABLE_ENV_FILE", "COMPOSE_CONVERT_WINDOWS_PATHS",
    "COMPOSE_REMOVE_ORPHANS", "COMPOSE_IGNORE_ORPHANS", "DOCKER_DEFAULT_PLATFORM",  "HOME"};

// Up to kFileBytesMax + 1 bytes of an open file.
ReadFile readOpen(int descriptor) {
  ReadFile file{.kind = "text", .text = {}, .reason = {}};
  char piece[64 << 10];
  for (;;) {
    const auto count = ::read(descriptor, piece, sizeof piece);
    if (count == 0) return file;
    if (count < 0) return {.kind = "unreadable", .text = {}, .reason = std::strerror(errno)};
    file.text.append(piece, static_cast<std::size_t>(count));
    if (file.text.size() > kFileBytesMax) return {.kind = "unreadable", .text = {}, .reason = "larger than 4 MiB"};
  }
}

std::string absolutePath(const std::string& folder, const std::string& path) {
  return (fs::path(folder) / path).lexically_normal().string();
}

}  // namespace

ReadFile readFile(const std::string& path) {
  struct ::stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {.kind = "absent", .text = {}, .reason = {}};
    return {.kind = "unreadable", .text = {}, .reason = std::strerror(errno)};
  }
  if (S_ISDIR(status.st_mode)) return {.kind = "folder", .text = {}, .reason = {}};
  // A pipe (`-f <(…)`) is read like a file; a socket or device is not.
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) return {.kind = "other", .text = {}, .reason = {}};
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return {.kind = "unreadable", .text = {}, .reason = std::strerror(errno)};
  ReadFile file = readOpen(descriptor);
  ::close(descriptor);
  return file;
}

std::vector<std::string> mentionedVariables(std::string_view text) {
  std::vector<std::string> names;
  const auto isStart = [](char c) { return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  for (std::size_t at = text.find('$'); at != std::string_view::npos; at = text.find('$', at)) {
    ++at;
    if (at < text.size() && text[at] == '$') {
      ++at;
      continue;
    }
    if (at < text.size() && text[at] == '{') ++at;
    const std::size_t begin = at;
    while (at < text.size() && (isStart(text[at]) || (at > begin && text[at] >= '0' && text[at] <= '9'))) ++at;
    if (at == begin || names.size() >= kMentionedMax) continue;
    std::string name(text.substr(begin, at - begin));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

Snapshot::Snapshot(const CommandLine& line, std::string workingDir, Variables variables)
    : workingDir_(std::move(workingDir)),
      composeFiles_(line.list("file")),
      profiles_(line.list("profile")),
      envFiles_(line.list("env-file")),
      projectName_(line.text("project-name")),
      projectDirectory_(line.text("project-directory")),
      lookUp_(std::move(variables)) {
  for (auto name : kComposeVariables) addVariable(std::string(name));
  addLikelyFiles();
}

void Snapshot::addLikelyFiles() {
  std::vector<std::string> named = composeFiles_;
  if (named.empty()) {
    const auto separator = lookUp_("COMPOSE_PATH_SEPARATOR").value_or(":");
    const std::string list = lookUp_("COMPOSE_FILE").value_or("");
    if (!list.empty() && separator.size() == 1) {
      for (auto part : split(list, separator[0])) named.emplace_back(part);
    }
  }
  std::string folder = workingDir_;
  if (named.empty()) {
    // Compose looks upwards for the first folder that holds a file.
    for (fs::path at = workingDir_;; at = at.parent_path()) {
      bool found = false;
      for (auto name : kComposeNames) {
        const std::string path = (at / name).string();
        addFile(path);
        found = found || files_[path].kind == "text";
      }
      if (found) folder = at.string();
      if (found || at == at.parent_path()) break;
    }
    for (auto name : kOverrideNames) addFile(absolutePath(folder, std::string(name)));
  } else {
    for (const auto& path : named) addFile(absolutePath(workingDir_, path));
    folder = fs::path(absolutePath(workingDir_, named.front())).parent_path().string();
  }
  if (!projectDirectory_.empty()) folder = absolutePath(workingDir_, projectDirectory_);
  projectFolder_ = folder;
  if (envFiles_.empty()) {
    addFile(absolutePath(folder, ".env"));
    if (folder != workingDir_) addFile(absolutePath(workingDir_, ".env"));
  }
  for (const auto& path : envFiles_) addFile(absolutePath(workingDir_, path));
}

void Snapshot::addFile(const std::string& path) {
  if (files_.contains(path)) return;
  const ReadFile& file = files_[path] = readFile(path);
  if (file.kind != "text") return;
  for (const auto& name : mentionedVariables(file.text)) addVariable(name);
}

void Snapshot::addVariable(const std::string& name) {
  if (!variables_.contains(name)) variables_[name] = lookUp_(name);
}

bool Snapshot::add(const NeedEvent& need) {
  const auto before = files_.size() + variables_.size();
  for (const auto& path : need.files) addFile(path);
  for (const auto& name : need.variables) addVariable(name);
  return files_.size() + variables_.size() > before;
}

Json Snapshot::json() const {
  Json files = Json::object();
  for (const auto& [path, file] : files_) {
    Json entry = Json::object({{"kind", file.kind}});
    if (file.kind == "text") entry.set("text", file.text);
    if (file.kind == "unreadable") entry.set("reason", file.reason);
    files.set(path, std::move(entry));
  }
  Json variables = Json::object();
  for (const auto& [name, value] : variables_) variables.set(name, value ? Json(*value) : Json());
  return Json::object({{"workingDir", workingDir_},
                       {"composeFiles", Json::strings(composeFiles_)},
                       {"projectName", projectName_},
                       {"projectDirectory", projectDirectory_},
                       {"profiles", Json::strings(profiles_)},
                       {"envFiles", Json::strings(envFiles_)},
                       {"services", Json::strings(services)},
                       {"files", std::move(files)},
                       {"variables", std::move(variables)}});
}

const std::string* Snapshot::source(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() || found->second.kind != "text" ? nullptr : &found->second.text;
}

std::string Snapshot::envFile() const {
  for (const auto& [path, file] : files_) {
    if (file.kind == "text" && endsWith(path, "/.env")) return path;
  }
  return {};
}

}  // namespace orbit::cli

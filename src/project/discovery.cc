#include "project/discovery.h"

#include "base/text.h"
#include "format/dotenv.h"
#include "format/yaml.h"
#include "project/interpolation.h"

namespace orbit::project {
namespace {

constexpr const char* kFileNames[] = {"compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"};
constexpr const char* kOverrideNames[] = {"compose.override.yml", "compose.override.yaml",
                                          "docker-compose.override.yml", "docker-compose.override.yaml"};

// The first of the names that is a file in the folder; several are worth a warning.
template <std::size_t n>
std::string findIn(const std::string& folder, const char* const (&names)[n], ReadingState& state) {
  std::vector<std::string> found;
  for (const auto* name : names) {
    const std::string path = resolvePath(folder, name);
    const File* file = fileOf(state.snapshot, path, state.needs);
    if (file != nullptr && file->kind != File::Kind::kAbsent && file->kind != File::Kind::kFolder)
      found.push_back(path);
  }
  if (found.size() > 1) {
    state.warnings.push_back({"Found several compose files in one folder: " + join(found, ", "),
                              "using " + found[0] + "; name the one you mean with -f",
                              {found[0], 0, 0}});
  }
  return found.empty() ? "" : found[0];
}

// Looks in the folder and then in those above it. With `target` the override is only named.
std::vector<std::string> findDefaultFiles(std::string folder, const Target* target, Discovery& discovery,
                                          ReadingState& state) {
  const std::string start = folder;
  for (;;) {
    const std::string main = findIn(folder, kFileNames, state);
    if (!state.needs.empty()) return {};
    if (!main.empty()) {
      const std::string extra = findIn(folder, kOverrideNames, state);
      if (target != nullptr) discovery.leftOut = extra;
      if (extra.empty() || target != nullptr) return {main};
      return {main, extra};
    }
    if (folder == "/") break;
    folder = folderOf(folder);
  }
  state.fail(Code::kNotFound, "There is no compose file in " + start + " or any folder above it",
             "go to the project's folder, or name a file with -f", {});
  return {};
}

std::vector<std::string> separate(std::string_view text, std::string_view separator) {
  std::vector<std::string> out;
  for (;;) {
    const auto end = text.find(separator);
    if (const auto part = trim(text.substr(0, end)); !part.empty()) out.emplace_back(part);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + separator.size());
  }
}

std::vector<std::string> namedFiles(const Environment& environment, ReadingState& state) {
  std::vector<std::string> names = state.snapshot.composeFiles;
  if (names.empty()) {
    if (const auto variable = environment.find("COMPOSE_FILE"); variable && !variable->empty()) {
      const auto separator = environment.find("COMPOSE_PATH_SEPARATOR");
      names = separate(*variable, separator && !separator->empty() ? *separator : ":");
    }
  }
  for (auto& name : names) {
    if (name == "-") {
      state.fail(Code::kUnsupported, "A compose file cannot be read from the standard input (\"-f -\")",
                 "write it to a file and name that", {});
    }
    name = resolvePath(state.snapshot.workingDir, name);
  }
  return names;
}

// compose.production.yaml beside the first file, over all others.
void addEnvironmentFile(const Target& target, Discovery& found, ReadingState& state) {
  if (target.environment.empty() || target.environment.find('/') != std::string::npos) return;
  const std::string folder = folderOf(found.files[0]);
  for (const auto* form : {"compose.#.yaml", "compose.#.yml", "docker-compose.#.yml", "docker-compose.#.yaml"}) {
    std::string name = form;
    name.replace(name.find('#'), 1, target.environment);
    const std::string path = resolvePath(folder, name);
    const File* file = fileOf(state.snapshot, path, state.needs);
    if (file == nullptr || file->kind == File::Kind::kAbsent || file->kind == File::Kind::kFolder) continue;
    if (found.environmentFile.empty()) found.environmentFile = path;
  }
  if (found.environmentFile.empty()) return;
  std::erase(found.files, found.environmentFile);
  found.files.push_back(found.environmentFile);
}

bool isTrue(const std::optional<std::string>& value) {
  const std::string word = lower(value.value_or(""));
  return word == "1" || word == "t" || word == "true";
}

// `.env` of a folder where no env file is named.
void readDotEnv(const std::string& folder, Environment& environment, ReadingState& state) {
  const std::string path = resolvePath(folder, ".env");
  const File* file = fileOf(state.snapshot, path, state.needs);
  if (file == nullptr || file->kind == File::Kind::kAbsent || file->kind == File::Kind::kFolder) return;
  readEnvFiles({path}, environment, state, {});
}

std::vector<std::string> namedEnvFiles(const Environment& environment, ReadingState& state) {
  std::vector<std::string> names = state.snapshot.envFiles;
  if (names.empty()) names = separate(environment.find("COMPOSE_ENV_FILES").value_or(""), ",");
  for (auto& name : names) name = resolvePath(state.snapshot.workingDir, name);
  return names;
}

std::string normalName(std::string_view text) {
  std::string out;
  for (const char c : lower(text)) {
    const bool isWord = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (isWord || (!out.empty() && (c == '-' || c == '_'))) out += c;
  }
  return out;
}

// The last `name:` of the files; faults in them are told when they are loaded.
std::string nameInFiles(const Discovery& discovery, const Environment& environment, ReadingState& state) {
  format::Node name;
  for (const auto& path : discovery.files) {
    const File* file = fileOf(state.snapshot, path, state.needs);
    if (file == nullptr || file->kind != File::Kind::kText) continue;
    const auto roots = format::parseYamlAll(file->text, path);
    if (!roots.ok()) continue;
    for (const auto& root : *roots) {
      const format::Node* found = root.find("name");
      if (found != nullptr && found->isScalar() && !found->text.empty()) name = *found;
    }
  }
  interpolateValue(name, environment, state);
  return name.text;
}

}  // namespace

std::optional<Error> faultOf(const File& file, const std::string& path, std::string_view what, Location at) {
  const std::string subject = "The " + std::string(what) + " " + path;
  switch (file.kind) {
    case File::Kind::kText:
      return std::nullopt;
    case File::Kind::kAbsent:
      return Error{Code::kNotFound, subject + " does not exist", "check the path", at};
    case File::Kind::kFolder:
      return Error{Code::kInvalid, subject + " is a folder", "name a file", at};
    case File::Kind::kOther:
      return Error{Code::kInvalid, subject + " is no regular file", "name a file", at};
    case File::Kind::kUnreadable:
      break;
  }
  const std::string reason = file.reason.empty() ? "" : ": " + file.reason;
  return Error{Code::kDenied, subject + " cannot be read" + reason, "check its permissions", at};
}

void readEnvFiles(const std::vector<std::string>& paths, Environment& environment, ReadingState& state,
                  const Location& at) {
  std::map<std::string, std::string> values;
  for (const auto& path : paths) {
    const File* file = fileOf(state.snapshot, path, state.needs);
    if (file == nullptr) continue;
    if (auto fault = faultOf(*file, path, "env file", at.known() ? at : Location{path, 0, 0})) {
      state.problems.push_back(std::move(*fault));
      continue;
    }
    const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
      if (auto outer = environment.find(name)) return outer;
      const auto earlier = values.find(std::string(name));
      return earlier == values.end() ? std::nullopt : std::optional(earlier->second);
    };
    auto entries = format::parseDotenv(file->text, path, lookup);
    if (!entries.ok()) {
      state.problems.push_back(std::move(entries).error());
      continue;
    }
    for (auto& entry : *entries) {
      if (entry.value) values[entry.key] = std::move(*entry.value);
    }
  }
  for (auto& [name, value] : values) environment.addDefault(name, std::move(value));
}

std::optional<Discovery> discover(Environment& environment, ReadingState& state) {
  const Snapshot& snapshot = state.snapshot;
  const auto envFiles = namedEnvFiles(environment, state);
  const bool dotEnv = envFiles.empty() && !isTrue(environment.find("COMPOSE_DISABLE_ENV_FILE"));
  readEnvFiles(envFiles, environment, state, {});
  std::string folder =
      snapshot.projectDirectory.empty() ? "" : resolvePath(snapshot.workingDir, snapshot.projectDirectory);
  // Where the command is given `.env` may name the compose files; beside the compose files it fills in what is left.
  if (dotEnv && snapshot.composeFiles.empty()) {
    readDotEnv(folder.empty() ? snapshot.workingDir : folder, environment, state);
  }
  if (!state.needs.empty()) return std::nullopt;
  Discovery found;
  found.files = namedFiles(environment, state);
  const Target* target = environment.target();
  if (found.files.empty()) {
    found.files = findDefaultFiles(folder.empty() ? snapshot.workingDir : folder, target, found, state);
  }
  if (found.files.empty() || !state.problems.empty()) return std::nullopt;
  found.folder = folder.empty() ? folderOf(found.files[0]) : folder;
  if (target != nullptr) addEnvironmentFile(*target, found, state);
  if (dotEnv) readDotEnv(found.folder, environment, state);
  found.profiles = snapshot.profiles;
  if (found.profiles.empty()) found.profiles = separate(environment.find("COMPOSE_PROFILES").value_or(""), ",");
  return found;
}

std::string projectName(const Discovery& discovery, const Environment& environment, ReadingState& state) {
  const auto given = [&](const std::string& name, std::string_view from) {
    if (name == normalName(name)) return name;
    state.fail(Code::kInvalid, "The project name \"" + name + "\" (" + std::string(from) + ") is not allowed",
               "use lower-case letters, digits, \"-\" and \"_\", and start with a letter or digit", {});
    return std::string();
  };
  if (!state.snapshot.projectName.empty()) return given(state.snapshot.projectName, "-p");
  if (const auto variable = environment.find("COMPOSE_PROJECT_NAME"); variable && !variable->empty()) {
    return given(*variable, "COMPOSE_PROJECT_NAME");
  }
  std::string name = normalName(nameInFiles(discovery, environment, state));
  if (name.empty()) name = normalName(discovery.folder.substr(discovery.folder.rfind('/') + 1));
  if (name.empty() && state.needs.empty() && state.problems.empty()) {
    state.fail(Code::kInvalid, "The folder's name gives no project name",
               "choose one with -p NAME or a line `name: NAME`", {discovery.files[0], 1, 1});
  }
  return name;
}

}  // namespace orbit::project

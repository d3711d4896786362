// What a reading found missing in its snapshot. Everything that looks at a file or a variable goes through here, so
// that the caller can fetch what is missing and read again. Thread rules: one reading owns it.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "project/project.h"

namespace orbit::project {

struct Needs {
  std::set<std::string> files;  // absolute paths
  std::set<std::string> variables;
  bool empty() const { return files.empty() && variables.empty(); }
};

// The file at an absolute path, or nullptr (and noted as a need) when the snapshot does not know it yet.
const File* fileOf(const Snapshot& snapshot, const std::string& path, Needs& needs);

using Values = std::map<std::string, std::string, std::less<>>;

// What files are read for, when it is not development: an environment, and what `orbit vars` set for it.
struct Target {
  std::string environment;
  Values all;                                             // variables of all services
  std::map<std::string, Values, std::less<>> ofServices;  // and of single ones, which win
};

// Values by name: a shell variable wins over the env files. A shell variable the snapshot does not know is noted as a
// need and reads as not set. With a target its variables win, and of the shell only what chooses files counts (HOME,
// COMPOSE_FILE and its like).
class Environment {
 public:
  Environment(const Snapshot& snapshot, Needs& needs, const Target* target = nullptr)
      : snapshot_(&snapshot), needs_(&needs), target_(target) {}
  std::optional<std::string> find(std::string_view name) const;
  bool hasOwnValuesFor(std::string_view service) const {
    return target_ != nullptr && target_->ofServices.count(service) != 0;
  }
  const Target* target() const { return target_; }
  // What the target sets, and nothing else.
  std::optional<std::string> findInTarget(std::string_view name) const;
  // The same values as the service sees them.
  Environment forService(std::string_view service) const;
  // Adds what an env file says; a later file wins over an earlier one.
  void add(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
  // Adds only what no earlier file says.
  void addDefault(std::string name, std::string value) { values_.emplace(std::move(name), std::move(value)); }
  // Wins over the shell too.
  void fix(std::string name, std::string value) { fixed_[std::move(name)] = std::move(value); }

 private:
  std::optional<std::string> findInFiles(std::string_view name) const;
  Values fixed_;
  const Snapshot* snapshot_;
  Needs* needs_;
  const Target* target_;
  std::string service_;
  Values values_;
};

// `path` against an absolute folder: absolute and without "." and ".." parts. "~/" is $HOME's business: see
// Environment.
std::string resolvePath(std::string_view folder, std::string_view path);
// The folder a path is in.
std::string folderOf(std::string_view path);

}  // namespace orbit::project

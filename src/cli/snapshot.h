// The snapshot a verb sends (decision 19): file texts with their paths and the shell variables that the files name.
// It starts with what is most likely needed, so that most commands take one round. Thread rules: one owner; reads
// files.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/events.h"
#include "format/json.h"

namespace orbit::cli {

using Variables = std::function<std::optional<std::string>(const std::string& name)>;

struct ReadFile {
  std::string kind;  // text, folder, other, absent or unreadable
  std::string text;
  std::string reason;
};

// One path as it is now; texts up to 4 MiB.
ReadFile readFile(const std::string& path);

// Names that `$NAME` and `${NAME…}` mention in a compose file or env file.
std::vector<std::string> mentionedVariables(std::string_view text);

class Snapshot {
 public:
  // `workingDir` is absolute.
  Snapshot(const CommandLine& line, std::string workingDir, Variables variables);

  // Adds what the daemon lacks. False when nothing of it was new: asking again would not end.
  bool add(const NeedEvent& need);
  format::Json json() const;
  // The text of a file in it, or nullptr.
  const std::string* source(const std::string& path) const;
  const std::string& workingDir() const { return workingDir_; }
  // The folder of the compose file, else the working one.
  const std::string& projectFolder() const { return projectFolder_; }
  // A `.env` in the project's folder that was read, or "".
  std::string envFile() const;
  std::vector<std::string> services;

 private:
  void addFile(const std::string& path);
  void addVariable(const std::string& name);
  void addLikelyFiles();

  std::string workingDir_, projectFolder_;
  std::vector<std::string> composeFiles_, profiles_, envFiles_;
  std::string projectName_, projectDirectory_;
  Variables lookUp_;
  std::map<std::string, ReadFile> files_;
  std::map<std::string, std::optional<std::string>> variables_;
};

}  // namespace orbit::cli

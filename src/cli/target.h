// Which daemon a command line speaks to: this machine's, or that of a host it is linked to. Development lives here,
// production there: verbs of production go to the link, verbs of both go there when -E names an environment other than
// development, everything else stays here. Thread rules: pure but for the link file.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "cli/command_line.h"
#include "cli/links.h"

namespace orbit::cli {

enum class Reach {
  kHere,        // this machine only
  kAnywhere,    // here unless --host says otherwise
  kEither,      // with the environment: development here, the others at the link
  kProduction,  // at the link, if there is one
};
Reach reachOf(std::string_view verb);

struct Surroundings {
  std::string folder;  // where links are looked for from: the project's
  std::function<std::optional<std::string>(const std::string&)> lookUp;
};

// nullopt: this machine's. ORBIT_HOST (ssh://USER@HOST, or "local") goes before the link, --host before both.
// Errors: kInvalid for names that are none, and for --host with a verb that works here only.
Result<std::optional<RemoteHost>> targetOf(const CommandLine& line, const Surroundings& around);

// The folder that links are looked for from: --project-directory, the first -f's, or `workingDir`.
std::string linkFolder(const CommandLine& line, const std::string& workingDir);

}  // namespace orbit::cli

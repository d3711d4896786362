// Which files a project is made of, where it stands and what its variables and name are, by the rules of the Docker
// Compose command line. Thread rules: pure functions of their arguments.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "project/reading_state.h"

namespace orbit::project {

struct Discovery {
  std::vector<std::string> files;  // absolute, in the order to merge
  std::string folder;              // the project directory, absolute
  std::vector<std::string> profiles;
  // With a target: compose.production.yaml if there is one (the last of `files`), and a compose.override.yaml that is
  // left out, because it is for development.
  std::string environmentFile, leftOut;
};

// Nothing when something is missing or wrong; the state tells. `environment` receives the env files' variables.
std::optional<Discovery> discover(Environment& environment, ReadingState& state);

// Adds the variables of env files that the environment does not know yet; a later file wins over an earlier one. Every
// file has to exist; `at` is where it was asked for, when that is a file.
void readEnvFiles(const std::vector<std::string>& paths, Environment& environment, ReadingState& state,
                  const Location& at);

// The project's name: -p, COMPOSE_PROJECT_NAME, the files' `name:` (the last counts), or the folder's; "" on a fault.
std::string projectName(const Discovery& discovery, const Environment& environment, ReadingState& state);

// Why a file cannot be used, as an error; nullopt when it is text.
std::optional<Error> faultOf(const File& file, const std::string& path, std::string_view what, Location at);

}  // namespace orbit::project

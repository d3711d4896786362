// The door of project: reads what the user already has and answers one plan. A pure function of a snapshot: it does no
// I/O and needs no Docker. What the snapshot lacks is asked for: the caller fetches it and calls again, until nothing
// is missing; so a local and a remote CLI work the same way (decision 19). Source: the Compose Specification
// (https://github.com/compose-spec/compose-spec), as Docker Compose v2 reads it. Thread rules: pure.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/deployment.h"
#include "model/plan.h"

namespace orbit::project {

// One path as the CLI saw it.
struct File {
  enum class Kind { kText, kFolder, kOther, kAbsent, kUnreadable };
  Kind kind = Kind::kAbsent;
  std::string text;    // kText
  std::string reason;  // kUnreadable
};

struct Snapshot {
  std::string workingDir;  // absolute; where the command was given
  std::vector<std::string>
      composeFiles;              // -f, as given; empty: COMPOSE_FILE or the default names, here and in parent folders
  std::string projectName;       // -p; "" = COMPOSE_PROJECT_NAME, `name:`, or the folder's name
  std::string projectDirectory;  // --project-directory; "" = the first compose file's folder
  std::vector<std::string> profiles;  // --profile
  std::vector<std::string> envFiles;  // --env-file
  std::vector<std::string> services;  // named on the command line: their profiles count as enabled
  std::map<std::string, File> files;  // by absolute path
  std::map<std::string, std::optional<std::string>> variables;  // of the shell; nullopt = asked for and not set
};

struct Reading {
  std::optional<model::Plan> plan;         // present when nothing is missing and nothing is wrong
  std::string project;                     // its name, also when something is wrong; "" when it cannot be told
  std::vector<Error> problems;             // all that could be found at once, in file order
  std::vector<std::string> needFiles;      // absolute paths to read (texts up to 4 MiB) …
  std::vector<std::string> needVariables;  // … and shell variables to look up
};

Reading read(const Snapshot& snapshot);

// A variable of an environment (decision 17).
struct EnvironmentVariable {
  std::string name;
  std::string service;  // "": for all
  std::string value;    // plain, or a secret's mark (model/secret_mark.h)
  bool secret = false;
  int version = 1;
  bool operator==(const EnvironmentVariable&) const = default;
};

// What a deploy adds to the files.
struct Production {
  std::string environment = "production";
  std::vector<EnvironmentVariable> variables;
  bool allowDevelopmentSecrets = false;
  std::string commit, branch, message, author;  // for RAILWAY_GIT_* and ORBIT_*
  int httpsPort = 443;                          // where people reach the edge: part of public domains when another
};

struct DeploymentReading {
  std::optional<model::Deployment> deployment;  // present when nothing is missing and nothing is wrong
  std::vector<Error> problems;
  std::vector<std::string> needFiles, needVariables;
};

// The files of `snapshot` by the rules of production (decisions 15 to 18), with railway.json or railway.toml of each
// service, compose.production.yaml and .env.example where there are any. Shell variables do not count in production:
// what a file names as ${X} is the environment's variable X, else the file's default.
DeploymentReading readDeployment(const Snapshot& snapshot, const Production& production);

// A snapshot as text and back, for keeping the files that a release was made from. Errors: kInvalid.
std::string writeSnapshot(const Snapshot& snapshot);
Result<Snapshot> readSnapshot(std::string_view text);

// The environment that a branch deploys to, by `x-orbit.branches`, else production for main and master; "" for none.
std::string environmentOfBranch(const Snapshot& snapshot, const std::string& branch);

// The plan as a compose file in normal form (`orbit config`), YAML. Secrets' contents are left out.
std::string composeText(const model::Plan& plan);

// A deployment for people: each service with what the rules did to it (`orbit config -E production`), and which
// variables are still needed, as the lines that set them. YAML; secrets as ${NAME}.
std::string deploymentText(const model::Deployment& deployment);

// For a program that was not found in an image built from this Dockerfile (`target` "" = the last stage): which other
// stage has it and how to choose that one, as one sentence; nullopt when none does as far as the base images tell.
std::optional<std::string> explainMissingProgram(std::string_view dockerfile, std::string_view target,
                                                 std::string_view program);

}  // namespace orbit::project

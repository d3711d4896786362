// Between a snapshot and a plan: one tree that holds what all files of a project say together, interpolated, merged and
// in normal form. load() makes it; plan.cc gives it types.
//
// Normal form, so that the typed part reads one shape only (every value keeps the place it was written at):
// - `include` and `extends` are gone, `x-` keys are kept, services that no active profile enables are in `disabled`.
// - Lists or mappings that the specification takes as either are mappings: environment, labels, annotations, sysctls,
//   build.args/labels/additional_contexts, deploy.labels, driver_opts, storage_opt, logging.options … A key without a
//   value (`- KEY`) is kNull; those of `environment` that the project's environment knows already have their value.
//   `extra_hosts` is a list "name=address", `build.ssh` a list.
// - Strings that may also be lists are lists: dns, dns_search, dns_opt, tmpfs, env_file, label_file, profiles.
//   command, entrypoint and healthcheck.test stay as written (string, list or null).
// - `build: path` is a mapping with `context`. `depends_on` and a service's `networks` are mappings of mappings (null
// for
//   a network without options).
// - ports, volumes, configs, secrets (of services and build), devices, env_file are lists of mappings in the long
//   syntax; a port range is one entry for each port. Numbers stay texts: convert leniently (an interpolated or quoted
//   "8080" or "true" is as good as the number or bool).
// - `external: {name: x}` is `external: true` with `name: x`.
// - Paths (build.context, additional_contexts, env_file, label_file, bind sources, configs' and secrets' `file`,
//   develop.watch) are absolute, URLs excepted; `dockerfile` stays as written.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "format/node.h"
#include "model/plan.h"
#include "project/needs.h"
#include "project/reading_state.h"

namespace orbit::project {

struct Merged {
  format::Node root;
  std::string projectName;
  std::string workingDir;  // the project directory, absolute
  std::vector<std::string> files;
  std::vector<std::string> activeProfiles;
  std::vector<std::string> disabled;  // services, in the order of the files
  // "secrets.NAME=VARIABLE" and the same for configs: what the variables of the file that defines it say (an included
  // file has its own env file).
  std::map<std::string, std::string> values;
  std::vector<model::Warning> warnings;
  // Of an environment (Target): see ReadingState.
  std::map<std::string, Origin> origins;
  std::vector<Unset> missing;
  std::string leftOut;
  std::string environmentFile;  // compose.production.yaml, or ""
};

struct Loaded {
  std::optional<Merged> merged;  // present when there is no problem and nothing is needed
  std::vector<Error> problems;
  std::string projectName;  // "" when not even that could be told
};

// `needs` collects what is missing; `environment` (made of the same snapshot and needs) receives the project's
// variables
// (`.env`, --env-file), for what is resolved later: secrets and configs from variables, env files.
Loaded load(const Snapshot& snapshot, Environment& environment, Needs& needs);

}  // namespace orbit::project

// What the parts of one reading share while they load files: the snapshot, what is missing, what is wrong, and how much
// of the limits is used up. Thread rules: one reading owns it.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "format/node.h"
#include "model/plan.h"
#include "project/needs.h"

namespace orbit::project {

constexpr std::size_t kFilesMax = 500;              // compose files loaded, repeated ones counted again
constexpr std::size_t kNodesMax = 2'000'000;        // values copied by `extends`
constexpr std::size_t kInterpolatedMax = 64 << 20;  // bytes of values with variables filled in

// Where a value's text came from, when files are read for an environment.
struct Origin {
  std::string shown;              // the text with a mark for each variable that the environment sets
  std::vector<std::string> open;  // variables it names that the environment does not set
};

// A variable that a file names without a default and that nothing sets.
struct Unset {
  std::string name, service, attribute;  // "web", "build"; "": outside of services
  Location at;                           // of the value
};

struct ReadingState {
  const Snapshot& snapshot;
  Needs& needs;
  std::vector<Error> problems = {};
  std::vector<model::Warning> warnings = {};
  std::map<std::string, std::string> values = {};  // of configs and secrets, see Merged::values
  std::set<std::string> unset = {};                // variables already warned of
  std::map<std::string, Origin> origins = {};      // by the place of the value
  std::vector<Unset> missing = {};
  std::string service = {}, attribute = {};  // what is being filled in
  std::size_t files = 0;
  std::size_t nodes = 0;
  std::size_t interpolatedBytes = 0;

  void fail(Code code, std::string message, std::string hint, Location at) {
    problems.push_back({code, std::move(message), std::move(hint), std::move(at)});
  }
};

}  // namespace orbit::project

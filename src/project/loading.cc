// From a snapshot to one merged tree: the order of the parts.
#include "base/text.h"
#include "project/discovery.h"
#include "project/merged.h"
#include "project/model_loader.h"

namespace orbit::project {
namespace {

using format::Node;

// Moves services that no active profile enables to `disabled`. Source: Compose Specification, "15-profiles.md".
void applyProfiles(Merged& merged, const std::vector<std::string>& named) {
  Node* services = merged.root.find("services");
  if (services == nullptr) return;
  auto& active = merged.activeProfiles;
  const auto profilesOf = [](const Node& service) {
    const Node* profiles = service.find("profiles");
    return profiles == nullptr ? std::vector<Node>() : profiles->items;
  };
  // A service named on the command line brings its profiles along.
  for (const auto& name : named) {
    const Node* service = services->find(name);
    if (service == nullptr) continue;
    for (const auto& profile : profilesOf(*service)) active.push_back(profile.text);
  }
  std::erase_if(services->entries, [&](const format::Entry& entry) {
    const auto profiles = profilesOf(entry.value);
    const bool enabled = profiles.empty() || std::any_of(profiles.begin(), profiles.end(), [&](const Node& profile) {
                           return std::any_of(active.begin(), active.end(), [&](const std::string& name) {
                             return name == "*" || name == profile.text;
                           });
                         });
    if (!enabled) merged.disabled.push_back(entry.key);
    return !enabled;
  });
}

// A file that is read in two roles tells its faults twice.
void dropRepeated(std::vector<Error>& problems) {
  std::set<std::string> seen;
  std::erase_if(problems, [&](const Error& problem) { return !seen.insert(problem.text()).second; });
}

}  // namespace

Loaded load(const Snapshot& snapshot, Environment& environment, Needs& needs) {
  ReadingState state{snapshot, needs};
  const auto discovery = discover(environment, state);
  Merged merged;
  if (discovery) {
    merged.projectName = projectName(*discovery, environment, state);
    environment.fix("COMPOSE_PROJECT_NAME", merged.projectName);
    merged.root = ModelLoader(state, environment, discovery->folder, {}).load(discovery->files, {});
    merged.root.set("name", Node::string(merged.projectName, {discovery->files[0], 1, 1}));
    merged.workingDir = discovery->folder;
    merged.files = discovery->files;
    merged.activeProfiles = discovery->profiles;
    merged.environmentFile = discovery->environmentFile;
    merged.leftOut = discovery->leftOut;
    const Node* services = merged.root.find("services");
    if (state.problems.empty() && needs.empty() && (services == nullptr || services->entries.empty())) {
      state.fail(Code::kInvalid, "The compose file defines no services",
                 "write at least one, such as `services: {web: {image: \"nginx:alpine\"}}`",
                 {discovery->files[0], 1, 1});
    }
    applyProfiles(merged, snapshot.services);
  }
  Loaded loaded;
  merged.warnings = std::move(state.warnings);
  merged.values = std::move(state.values);
  merged.origins = std::move(state.origins);
  merged.missing = std::move(state.missing);
  loaded.problems = std::move(state.problems);
  loaded.projectName = merged.projectName;
  dropRepeated(loaded.problems);
  if (discovery && needs.empty() && loaded.problems.empty()) loaded.merged = std::move(merged);
  return loaded;
}

}  // namespace orbit::project

#include "project/model_loader.h"

#include "format/yaml.h"
#include "project/discovery.h"
#include "project/interpolation.h"
#include "project/merge.h"
#include "project/normal_form.h"
#include "project/schema.h"

namespace orbit::project {
namespace {

using format::Node;

// Contents of configs and secrets that come from variables.
void resolveContents(const Node& root, const Environment& environment, ReadingState& state) {
  for (const auto* section : {"configs", "secrets"}) {
    const Node* all = root.find(section);
    if (all == nullptr) continue;
    for (const auto& entry : all->entries) {
      const Node* variable = entry.value.find("environment");
      if (variable == nullptr || !variable->isScalar()) continue;
      if (auto value = environment.find(variable->text)) {
        state.values.emplace(std::string(section) + "." + entry.key + "=" + variable->text, std::move(*value));
      }
    }
  }
}

// What is resolved from the surroundings and from defaults once all files are merged.
void complete(Node& root, const std::string& folder, const Environment& environment) {
  Node* services = root.find("services");
  if (services == nullptr) return;
  for (auto& service : services->entries) {
    if (Node* build = service.value.find("build"); build != nullptr && build->isMapping()) {
      const Node* context = build->find("context");
      if (context == nullptr || context->isNull()) build->set("context", Node::string(folder, build->at));
    }
    Node* variables = service.value.find("environment");
    if (variables == nullptr) continue;
    std::optional<Environment> own;
    if (environment.hasOwnValuesFor(service.key)) own = environment.forService(service.key);
    for (auto& variable : variables->entries) {
      if (!variable.value.isNull()) continue;
      if (auto value = (own ? *own : environment).find(variable.key)) {
        variable.value = Node::string(std::move(*value), variable.keyAt);
        variable.value.quoted = true;
      }
    }
  }
}

}  // namespace

std::optional<ModelLoader::Source> ModelLoader::read(const std::string& path, const std::string& folder,
                                                     std::string_view what, Location at) {
  if (++state_.files > kFilesMax) {
    if (state_.files == kFilesMax + 1) {
      state_.fail(Code::kLimit, "The project reads more than " + std::to_string(kFilesMax) + " compose files", "", at);
    }
    return std::nullopt;
  }
  const File* file = fileOf(state_.snapshot, path, state_.needs);
  if (file == nullptr) return std::nullopt;
  if (auto fault = faultOf(*file, path, what, at.known() ? std::move(at) : Location{path, 0, 0})) {
    state_.problems.push_back(std::move(*fault));
    return std::nullopt;
  }
  auto documents = format::parseYamlAll(file->text, path);
  if (!documents.ok()) {
    state_.problems.push_back(std::move(documents).error());
    return std::nullopt;
  }
  Source source{path, Node::mapping({path, 1, 1}), {}};
  bool sound = true;
  for (auto& document : *documents) {
    if (document.isNull()) continue;
    const auto before = state_.problems.size();
    interpolateTree(document, environment_, state_);
    const auto faults = checkSchema(document);
    state_.problems.insert(state_.problems.end(), faults.begin(), faults.end());
    if (faults.empty()) toNormalForm(document, state_.problems);
    sound = sound && state_.problems.size() == before;
    if (!sound) continue;
    toAbsolutePaths(document, folder, environment_);
    document.erase("version");  // obsolete, without meaning
    mergeFile(source.root, std::move(document), state_.problems);
  }
  if (!sound) return std::nullopt;
  return source;
}

Node ModelLoader::load(const std::vector<std::string>& files, Location at) {
  Node merged = Node::mapping({files.empty() ? "" : files[0], 1, 1});
  for (const auto& path : files) {
    auto source = read(path, folder_, "compose file", at);
    if (!source) continue;
    include(*source);
    extend(*source);
    mergeFile(merged, std::move(source->root), state_.problems);
  }
  settle(merged);
  complete(merged, folder_, environment_);
  resolveContents(merged, environment_, state_);
  return merged;
}

}  // namespace orbit::project

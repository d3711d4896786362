// `extends`: a service that starts as another one. Source: Compose Specification, "05-services.md#extends".
#include "base/text.h"
#include "project/merge.h"
#include "project/model_loader.h"

namespace orbit::project {
namespace {

using format::Node;

constexpr std::size_t kChainMax = 100;

std::size_t countNodes(const Node& node) {
  std::size_t count = 1;
  for (const auto& item : node.items) count += countNodes(item);
  for (const auto& entry : node.entries) count += countNodes(entry.value);
  return count;
}

std::string label(const std::string& service, const std::string& path) {
  return service + " (" + path + ")";
}

std::vector<std::string_view> keysOf(const Node& mapping) {
  std::vector<std::string_view> keys;
  for (const auto& entry : mapping.entries) keys.push_back(entry.key);
  return keys;
}

}  // namespace

void ModelLoader::extend(Source& source) {
  const Node* services = source.root.find("services");
  if (services == nullptr) return;
  std::vector<std::string> names;
  for (const auto& entry : services->entries) names.push_back(entry.key);
  for (const auto& name : names) {
    std::vector<std::string> chain;
    extendService(source, name, chain);
  }
}

bool ModelLoader::extendService(Source& source, const std::string& name, std::vector<std::string>& chain) {
  const Node* extends = source.root.find("services")->find(name)->find("extends");
  const Progress before = source.extended[name];
  if (before != Progress::kOpen || extends == nullptr || extends->isNull()) return before != Progress::kFailed;
  const Location at = extends->at;
  const std::string own = label(name, source.path);
  if (const auto start = std::find(chain.begin(), chain.end(), own); start != chain.end()) {
    std::vector<std::string> circle(start, chain.end());
    circle.push_back(own);
    state_.fail(Code::kInvalid, "Services extend each other in a circle: " + join(circle, " → "),
                "take one `extends` out", at);
    return false;
  }
  if (chain.size() >= kChainMax) {
    state_.fail(Code::kLimit, "More than " + std::to_string(kChainMax) + " services extend each other in a row", "",
                at);
    return false;
  }
  chain.push_back(own);
  const Node* base = baseOf(source, name, *extends, chain);
  chain.pop_back();
  source.extended[name] = base == nullptr ? Progress::kFailed : Progress::kDone;
  if (base == nullptr) return false;
  Node merged = *base;
  dropTags(merged);
  merged.erase("extends");
  Node& service = *source.root.find("services")->find(name);
  Node over = std::move(service);
  over.erase("extends");
  merged.at = over.at;
  mergeService(merged, std::move(over), state_.problems);
  state_.nodes += countNodes(merged);
  if (state_.nodes > kNodesMax) {
    state_.fail(Code::kLimit, "The project grows past 2,000,000 values by `extends`", "", at);
    merged = Node::mapping(at);
  }
  service = std::move(merged);
  return true;
}

const Node* ModelLoader::baseOf(Source& source, const std::string& name, const Node& extends,
                                std::vector<std::string>& chain) {
  const Location at = extends.at;
  const Node* file = extends.find("file");
  const Node* service = extends.find("service");
  const std::string baseName = service == nullptr ? "" : service->text;
  const bool elsewhere = file != nullptr && !file->text.empty() && file->text != source.path;
  Source* base = elsewhere ? baseSource(file->text, at) : &source;
  if (base == nullptr) return nullptr;
  const Node* services = base->root.find("services");
  if (services == nullptr || services->find(baseName) == nullptr) {
    const auto near = services == nullptr ? "" : nearest(baseName, keysOf(*services));
    state_.fail(Code::kNotFound,
                "services." + name + " extends \"" + baseName + "\", which " + base->path + " does not define",
                near.empty() ? "name a service of that file" : "did you mean \"" + std::string(near) + "\"?", at);
    return nullptr;
  }
  if (!extendService(*base, baseName, chain)) return nullptr;
  return base->root.find("services")->find(baseName);
}

ModelLoader::Source* ModelLoader::baseSource(const std::string& path, Location at) {
  auto found = bases_.find(path);
  if (found == bases_.end()) found = bases_.emplace(path, read(path, folderOf(path), "extended file", at)).first;
  return found->second ? &*found->second : nullptr;
}

}  // namespace orbit::project

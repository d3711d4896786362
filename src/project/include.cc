// `include`: other compose files with their own folder and env files. Source: Compose Specification, "14-include.md".
#include "base/text.h"
#include "project/discovery.h"
#include "project/model_loader.h"

namespace orbit::project {
namespace {

using format::Node;

std::vector<std::string> texts(const Node* list) {
  std::vector<std::string> out;
  if (list == nullptr) return out;
  for (const auto& item : list->items) out.push_back(item.text);
  return out;
}

// Equal in what they say, wherever they stand.
bool same(const Node& a, const Node& b) {
  return a.kind == b.kind && a.text == b.text && a.tag == b.tag &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same) &&
         std::equal(
             a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(),
             [](const format::Entry& x, const format::Entry& y) { return x.key == y.key && same(x.value, y.value); });
}

}  // namespace

void ModelLoader::include(Source& source) {
  const Node* found = source.root.find("include");
  if (found == nullptr) return;
  const Node list = *found;
  source.root.erase("include");
  for (const auto& item : list.items) includeOne(source, item);
}

void ModelLoader::includeOne(Source& source, const Node& item) {
  const auto paths = texts(item.find("path"));
  if (paths.empty()) {
    state_.fail(Code::kInvalid, "An `include` names no `path`", "write `- path: other/compose.yaml`", item.at);
    return;
  }
  for (const auto& path : paths) {
    if (path.find("://") != std::string::npos || startsWith(path, "oci:") || startsWith(path, "git@")) {
      state_.fail(Code::kUnsupported, "`include` of a remote file is not supported", "fetch it and include the copy",
                  item.at);
      return;
    }
  }
  auto chain = includedFrom_;
  chain.push_back(source.path);
  if (std::find(chain.begin(), chain.end(), paths[0]) != chain.end()) {
    chain.push_back(paths[0]);
    state_.fail(Code::kInvalid, "The files include each other in a circle: " + join(chain, " → "),
                "take one `include` out", item.at);
    return;
  }
  const Node* directory = item.find("project_directory");
  const std::string folder = directory != nullptr && !directory->text.empty() ? directory->text : folderOf(paths[0]);
  auto envFiles = texts(item.find("env_file"));
  if (envFiles.empty()) {
    const std::string dotEnv = resolvePath(folder, ".env");
    const File* file = fileOf(state_.snapshot, dotEnv, state_.needs);
    if (file != nullptr && file->kind != File::Kind::kAbsent && file->kind != File::Kind::kFolder) envFiles = {dotEnv};
  }
  std::erase(envFiles, "/dev/null");
  Environment environment = environment_;
  readEnvFiles(envFiles, environment, state_, item.at);
  ModelLoader loader(state_, std::move(environment), folder, std::move(chain));
  import(source.root, loader.load(paths, item.at), item.at);
}

void ModelLoader::import(Node& root, Node model, const Location& at) {
  for (auto& section : model.entries) {
    static constexpr std::string_view kSections[] = {"services", "networks", "volumes", "configs", "secrets", "models"};
    if (std::find(std::begin(kSections), std::end(kSections), section.key) == std::end(kSections)) continue;
    if (!section.value.isMapping()) continue;
    Node* mine = root.find(section.key);
    if (mine == nullptr || !mine->isMapping()) {
      root.set(section.key, Node::mapping(section.keyAt));
      mine = root.find(section.key);
    }
    for (auto& entry : section.value.entries) {
      const auto other = std::find_if(mine->entries.begin(), mine->entries.end(),
                                      [&](const format::Entry& candidate) { return candidate.key == entry.key; });
      if (other == mine->entries.end()) {
        mine->entries.push_back(std::move(entry));
      } else if (!same(other->value, entry.value)) {
        state_.fail(Code::kConflict,
                    section.key + "." + entry.key + " of the included file (" + entry.keyAt.text() +
                        ") is defined at " + other->keyAt.text() + " too",
                    "rename one, or change it in an override file", at);
      }
    }
  }
}

}  // namespace orbit::project

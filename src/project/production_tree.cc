// The rules of production on the merged tree (decision 15 a, b), before it is typed.
#include <algorithm>

#include "project/deploying.h"

namespace orbit::project {
namespace {

using format::Node;

std::string textOf(const Node& node, std::string_view key) {
  const Node* found = node.find(key);
  return found == nullptr || !found->isScalar() ? "" : found->text;
}

bool isWithin(const std::string& path, const std::string& folder) {
  return path == folder || startsWith(path, folder == "/" ? folder : folder + "/");
}

// A command as a person would write it.
std::string shownCommand(const Node& value) {
  if (value.isScalar()) return value.text;
  std::vector<std::string> words;
  for (const auto& item : value.items) words.push_back(item.text);
  return join(words, " ");
}

class Rules {
 public:
  Rules(Deploying& deploying, format::Entry& entry)
      : deploying_(deploying), name_(entry.key), node_(entry.value), facts_(deploying.facts[entry.key]) {}

  void apply() {
    const Node* command = node_.find("command");
    const Node* entrypoint = node_.find("entrypoint");
    facts_.ownCommand = (command != nullptr && !command->isNull()) || (entrypoint != nullptr && !entrypoint->isNull());
    dropBinds();
    if (facts_.lostMount) dropDevelopmentCommand();
    applyRailway();
    keepPorts();
    keepName();
    settleEnvFiles();
    refuseNamespaces();
  }

 private:
  void drop(const Node& node) {
    deploying_.dropped.insert(node.at.text());
    for (const auto& item : node.items) drop(item);
    for (const auto& entry : node.entries) drop(entry.value);
  }

  void dropKey(Node& from, std::string_view key) {
    if (const Node* node = from.find(key)) drop(*node);
    from.erase(key);
  }

  void dropBinds() {
    Node* volumes = node_.find("volumes");
    if (volumes == nullptr) return;
    std::vector<std::string> lost;
    std::erase_if(volumes->items, [&](const Node& item) {
      const std::string source = textOf(item, "source"), target = textOf(item, "target");
      const std::string type = textOf(item, "type");
      if (type != "bind" && !(type.empty() && startsWith(source, "/"))) return false;
      const std::string shown = deploying_.planning.shown(source) + " → " + target;
      if (deploying_.isOfEnvironmentFile(item.at)) {
        deploying_.note(name_, "bind-mount", "keeps the bind mount " + shown,
                        "it is asked for here, and has to be on the machine that runs it", item.at);
        return false;
      }
      if (!isWithin(source, deploying_.merged.workingDir)) {
        deploying_.note(name_, "bind-mount", "keeps the bind mount " + shown,
                        "it is a path of the server, not of the project", item.at);
        return false;
      }
      const bool built = node_.find("build") != nullptr;
      deploying_.note(name_, "bind-mount", "leaves out the bind mount " + shown,
                      built ? "production runs the image as it was built"
                            : "the project's folder is not on a server; a `configs:` entry brings one file along",
                      item.at);
      drop(item);
      lost.push_back(target);
      return true;
    });
    facts_.lostMount = !lost.empty();
    std::erase_if(volumes->items, [&](const Node& item) {
      const std::string target = textOf(item, "target");
      const bool anonymous = textOf(item, "source").empty() && textOf(item, "type") != "tmpfs";
      if (!anonymous || std::none_of(lost.begin(), lost.end(), [&](const auto& at) { return isWithin(target, at); })) {
        return false;
      }
      deploying_.note(name_, "bind-mount", "leaves out the volume " + target,
                      "it only kept that folder out of the bind mount", item.at);
      drop(item);
      return true;
    });
  }

  // What runs the source folder of development does not run the image of production.
  void dropDevelopmentCommand() {
    for (const auto* key : {"command", "entrypoint"}) {
      const Node* value = node_.find(key);
      if (value == nullptr || value->isNull() || deploying_.isOfEnvironmentFile(value->at)) continue;
      if (facts_.job) {
        deploying_.note(name_, "command", "keeps `" + shownCommand(*value) + "`",
                        "others wait until it has completed: it is what this service is for", value->at);
        continue;
      }
      deploying_.note(name_, "command", "leaves out the " + std::string(key) + " `" + shownCommand(*value) + "`",
                      "it ran the mounted folder; the image's own is used. To keep it, write it in compose." +
                          deploying_.target.environment + ".yaml",
                      value->at);
      dropKey(node_, key);
      facts_.ownCommand = false;
    }
    Node* build = node_.find("build");
    const Node* target = build == nullptr ? nullptr : build->find("target");
    if (target == nullptr || target->isNull() || deploying_.isOfEnvironmentFile(target->at)) return;
    deploying_.note(name_, "target", "builds the Dockerfile's last stage instead of `" + target->text + "`",
                    "the stage was chosen for the mounted folder", target->at);
    dropKey(*build, "target");
  }

  void applyRailway() {
    const Railway& railway = facts_.railway;
    if (railway.startCommand) {
      const Node* own = node_.find("command");
      const Node* entrypoint = node_.find("entrypoint");
      const bool set = (own != nullptr && deploying_.isOfEnvironmentFile(own->at)) ||
                       (entrypoint != nullptr && deploying_.isOfEnvironmentFile(entrypoint->at));
      if (!set) {
        Node words = Node::sequence(railway.startAt);
        for (const auto& word : *railway.startCommand) words.items.push_back(Node::string(word, railway.startAt));
        node_.set("entrypoint", std::move(words));
        node_.set("command", Node::sequence(railway.startAt));
        facts_.ownCommand = true;
        deploying_.note(name_, "railway", "runs `" + join(*railway.startCommand, " ") + "`",
                        "startCommand of its railway file, without a shell", railway.startAt);
      }
    }
  }

  // The ports stay known; the typed plan sees none, so that nothing is published and nothing of the host is judged.
  void keepPorts() {
    const Fields fields(&node_, "services." + name_, deploying_.findings());
    model::ContainerSpec spec;
    planPorts(fields, spec);
    facts_.ports = std::move(spec.ports);
    facts_.portsAt = fields.at("ports");
    dropKey(node_, "ports");
  }

  // A container name would be taken by the next release; as a name inside it stays.
  void keepName() {
    const Node* given = node_.find("container_name");
    if (given == nullptr || given->isNull()) return;
    deploying_.note(name_, "name", "leaves out the container name `" + given->text + "`",
                    "two releases run side by side; inside, the service still answers to it", given->at);
    facts_.aliases.push_back(given->text);
    dropKey(node_, "container_name");
  }

  // `.env` is not in the repository: on a server, or after a push, it is not there.
  void settleEnvFiles() {
    Node* files = node_.find("env_file");
    if (files == nullptr) return;
    for (auto& item : files->items) {
      const std::string path = textOf(item, "path");
      const File* file = path.empty() ? nullptr : fileOf(deploying_.planning.snapshot, path, deploying_.planning.needs);
      if (file == nullptr || file->kind != File::Kind::kAbsent) continue;
      Node no = Node::string("false", item.at);
      no.kind = Node::Kind::kBool;
      item.set("required", std::move(no));
      deploying_.note(name_, "env-file", "has no " + deploying_.planning.shown(path) + " here",
                      "its variables come from `orbit vars`", item.at);
    }
  }

  void refuseNamespaces() {
    const Fields fields(&node_, "services." + name_, deploying_.findings());
    const std::string mode = fields.text("network_mode");
    if (mode == "host" || startsWith(mode, "service:") || startsWith(mode, "container:")) {
      fields.problem("network_mode", "`" + mode + "` is not done yet outside of development",
                     "take it out in compose." + deploying_.target.environment + ".yaml (`network_mode: !reset null`)");
    }
    for (const auto* key : {"pid", "ipc"}) {
      if (startsWith(fields.text(key), "service:")) {
        fields.problem(key, "sharing it with another service is not done yet outside of development", "take it out");
      }
    }
    if (!fields.items("volumes_from").empty()) {
      fields.problem("volumes_from", "is not done yet outside of development", "name the volume in both services");
    }
  }

  Deploying& deploying_;
  const std::string name_;
  Node& node_;
  ServiceFacts& facts_;
};

void findJobs(Deploying& deploying, const Node& services) {
  for (const auto& service : services.entries) {
    const Node* dependencies = service.value.find("depends_on");
    if (dependencies == nullptr) continue;
    for (const auto& one : dependencies->entries) {
      if (textOf(one.value, "condition") == "service_completed_successfully") deploying.facts[one.key].job = true;
    }
  }
}

}  // namespace

Fields Deploying::fieldsOf(const std::string& service) const {
  const Node* services = merged.root.find("services");
  return Fields(services == nullptr ? nullptr : services->find(service), "services." + service, planning.findings);
}

void applyRules(Deploying& deploying) {
  Node* services = deploying.merged.root.find("services");
  if (services == nullptr) return;
  findJobs(deploying, *services);
  for (auto& entry : services->entries) {
    if (entry.value.isMapping()) Rules(deploying, entry).apply();
  }
  const std::string dotEnv = deploying.merged.workingDir + "/.env";
  const auto& files = deploying.planning.snapshot.files;
  const auto own = files.find(dotEnv);
  if (own != files.end() && own->second.kind == File::Kind::kText && deploying.planning.snapshot.envFiles.empty()) {
    deploying.note("", "variables", "reads ./.env for what `orbit vars` does not set",
                   "a deploy from elsewhere, such as `git push`, does not have it", {dotEnv, 0, 0});
  }
  if (!deploying.merged.leftOut.empty()) {
    deploying.note("", "override", "leaves out " + deploying.planning.shown(deploying.merged.leftOut),
                   "it is for development; compose." + deploying.target.environment + ".yaml is for this environment");
  }
  if (!deploying.merged.environmentFile.empty()) {
    deploying.note("", "override", "takes in " + deploying.planning.shown(deploying.merged.environmentFile),
                   "what it sets counts over the other files and these rules");
  }
}

}  // namespace orbit::project

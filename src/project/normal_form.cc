#include "project/normal_form.h"

#include "base/text.h"
#include "project/short_syntax.h"
#include "project/trail.h"

namespace orbit::project {
namespace {

using format::Node;

constexpr std::size_t kPortsMax = 20'000;  // of one file, after ranges are spread

Node mappingWith(std::string_view key, Node value) {
  Node out = Node::mapping(value.at);
  out.set(key, std::move(value));
  return out;
}

void toList(Node& node) {
  if (!node.isScalar() || node.isNull()) return;
  Node list = Node::sequence(node.at);
  list.tag = std::exchange(node.tag, "");
  list.items.push_back(std::move(node));
  node = std::move(list);
}

// ["A=1", "B"] → {A: 1, B: null}. A key given again replaces the earlier one.
void toPairs(Node& node) {
  if (!node.isSequence()) return;
  Node out = Node::mapping(node.at);
  out.tag = node.tag;
  std::map<std::string_view, std::size_t> places;
  for (auto& item : node.items) {
    const auto equals = item.text.find('=');
    Node value;
    value.at = item.at;
    if (equals != std::string::npos) value = Node::string(item.text.substr(equals + 1), item.at);
    const auto key = std::string_view(item.text).substr(0, equals);
    const auto [place, isNew] = places.emplace(key, out.entries.size());
    if (isNew) {
      out.entries.push_back({std::string(key), item.at, std::move(value)});
    } else {
      out.entries[place->second].value = std::move(value);
    }
  }
  node = std::move(out);
}

// [a, b] → {a: null, b: null}
void toKeys(Node& node) {
  if (!node.isSequence()) return;
  toPairs(node);
  for (auto& entry : node.entries) entry.value.kind = Node::Kind::kNull;
}

void toDependencies(Node& node) {
  if (!node.isSequence()) return;
  toKeys(node);
  for (auto& entry : node.entries) {
    entry.value = mappingWith("condition", Node::string("service_started", entry.keyAt));
    entry.value.set("required", Node::string("true", entry.keyAt));
    entry.value.find("required")->kind = Node::Kind::kBool;
  }
}

// {a: 1.2.3.4, b: [1.1.1.1, ::1]} and "a:1.2.3.4" → "a=1.2.3.4"
void toHosts(Node& node) {
  if (node.isSequence()) {
    for (auto& item : node.items) {
      if (item.text.find('=') != std::string::npos) continue;
      if (const auto colon = item.text.find(':'); colon != std::string::npos) item.text[colon] = '=';
    }
    return;
  }
  if (!node.isMapping()) return;
  Node out = Node::sequence(node.at);
  out.tag = node.tag;
  for (auto& entry : node.entries) {
    if (!entry.value.isSequence()) toList(entry.value);
    for (auto& address : entry.value.items) {
      out.items.push_back(Node::string(entry.key + "=" + address.text, entry.keyAt));
    }
  }
  node = std::move(out);
}

// {default: null, id: path} → "default", "id=path"
void toSshList(Node& node) {
  toList(node);
  if (!node.isMapping()) return;
  Node out = Node::sequence(node.at);
  out.tag = node.tag;
  for (const auto& entry : node.entries) {
    out.items.push_back(
        Node::string(entry.value.isNull() ? entry.key : entry.key + "=" + entry.value.text, entry.keyAt));
  }
  node = std::move(out);
}

void toNamed(Node& node, std::string_view key) {
  if (!node.isScalar() || node.isNull()) return;
  const std::string tag = std::exchange(node.tag, "");
  node = mappingWith(key, std::move(node));
  node.tag = tag;
}

void itemsToNamed(Node& node, std::string_view key) {
  toList(node);
  for (auto& item : node.items) toNamed(item, key);
}

void toExternal(Node& node) {
  Node* external = node.find("external");
  if (external == nullptr || !external->isMapping()) return;
  const Node* name = external->find("name");
  if (name != nullptr && node.find("name") == nullptr) node.set("name", Node(*name));
  external = node.find("external");
  Node yes = Node::string("true", external->at);
  yes.kind = Node::Kind::kBool;
  *external = std::move(yes);
}

void toGpus(Node& node) {
  if (!node.isScalar() || node.isNull()) return;
  toNamed(node, "count");
  Node list = Node::sequence(node.at);
  list.tag = std::exchange(node.tag, "");
  list.items.push_back(std::move(node));
  node = std::move(list);
}

class Normalizer {
 public:
  explicit Normalizer(std::vector<Error>& problems) : problems_(problems) {}

  void walk(Node& node) {
    if (node.tag == "!reset") return;
    shape(node);
    std::erase_if(node.items, [](const Node& item) { return item.tag == "!reset"; });
    for (auto& item : node.items) {
      const Step step(trail_, "[]");
      walk(item);
    }
    for (auto& entry : node.entries) {
      if (trail_.size() != 1 && startsWith(entry.key, "x-")) continue;
      const Step step(trail_, entry.key);
      walk(entry.value);
    }
  }

 private:
  bool isAnyOf(std::initializer_list<std::string_view> patterns) const {
    return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view p) { return trail_.matches(p); });
  }

  void shape(Node& node) {
    if (isAnyOf({"services.*.environment", "services.*.labels", "services.*.annotations", "services.*.sysctls",
                 "services.*.deploy.labels", "services.*.build.args", "services.*.build.labels",
                 "services.*.build.additional_contexts", "services.*.volumes.[].volume.labels", "networks.*.labels",
                 "volumes.*.labels", "configs.*.labels", "secrets.*.labels", "services.*.gpus.[].options",
                 "services.*.deploy.resources.reservations.devices.[].options"})) {
      toPairs(node);
    } else if (isAnyOf({"services.*.dns", "services.*.dns_search", "services.*.dns_opt", "services.*.tmpfs",
                        "services.*.label_file", "services.*.profiles", "services.*.build.no_cache_filter",
                        "services.*.develop.watch.[].ignore", "services.*.develop.watch.[].include", "include.[].path",
                        "include.[].env_file"})) {
      toList(node);
    } else if (isAnyOf({"services.*.networks", "services.*.models"})) {
      toKeys(node);
    } else if (isAnyOf({"services.*.configs", "services.*.secrets", "services.*.build.secrets"})) {
      itemsToNamed(node, "source");
    } else if (isAnyOf({"services.*.extra_hosts", "services.*.build.extra_hosts"})) {
      toHosts(node);
    } else if (isAnyOf({"networks.*", "volumes.*", "configs.*", "secrets.*"})) {
      toExternal(node);
    } else {
      shapeOne(node);
    }
  }

  // Attributes whose form is their own.
  void shapeOne(Node& node) {
    if (trail_.matches("services.*.env_file")) itemsToNamed(node, "path");
    if (trail_.matches("services.*.depends_on")) toDependencies(node);
    if (trail_.matches("services.*.build")) toNamed(node, "context");
    if (trail_.matches("services.*.build.ssh")) toSshList(node);
    if (trail_.matches("services.*.extends")) toNamed(node, "service");
    if (trail_.matches("services.*.gpus")) toGpus(node);
    if (trail_.matches("include")) itemsToNamed(node, "path");
    if (trail_.matches("services.*.ports")) toPorts(node);
    if (trail_.matches("services.*.volumes.[]")) toLong(node, longVolume);
    if (trail_.matches("services.*.devices.[]")) toLong(node, longDevice);
  }

  void toLong(Node& node, Result<Node> (*lengthen)(const Node&)) {
    if (!node.isScalar()) return;
    auto longer = lengthen(node);
    if (longer.ok()) {
      node = std::move(*longer);
    } else {
      problems_.push_back(std::move(longer).error());
    }
  }

  void toPorts(Node& node) {
    std::vector<Node> items;
    for (auto& item : node.items) {
      if (!item.isScalar()) {
        items.push_back(std::move(item));
        continue;
      }
      auto ports = longPorts(item);
      if (!ports.ok()) {
        problems_.push_back(std::move(ports).error());
        continue;
      }
      ports_ += ports->size();
      if (ports_ > kPortsMax) {
        problems_.push_back({Code::kLimit, "The file asks for more than 20,000 ports",
                             "publish fewer, or use network_mode: host", item.at});
        break;
      }
      std::move(ports->begin(), ports->end(), std::back_inserter(items));
    }
    node.items = std::move(items);
  }

  std::vector<Error>& problems_;
  Trail trail_;
  std::size_t ports_ = 0;
};

// A source that is no path of this machine.
bool isRemote(std::string_view path) {
  return path.find("://") != std::string_view::npos || startsWith(path, "git@") || startsWith(path, "github.com/") ||
         startsWith(path, "oci:") || startsWith(path, "service:") || startsWith(path, "target:");
}

class PathMaker {
 public:
  PathMaker(const std::string& folder, const Environment& environment) : folder_(folder), environment_(environment) {}

  void walk(Node& node) {
    if (node.isScalar()) {
      scalar(node);
      return;
    }
    if (trail_.matches("services.*.volumes.[]")) {
      const Node* type = node.find("type");
      if (type != nullptr && type->text == "bind") absolute(node.find("source"));
      return;
    }
    if (trail_.matches("volumes.*")) localBind(node);
    for (auto& item : node.items) {
      const Step step(trail_, "[]");
      walk(item);
    }
    for (auto& entry : node.entries) {
      if (trail_.size() != 1 && startsWith(entry.key, "x-")) continue;
      const Step step(trail_, entry.key);
      walk(entry.value);
    }
  }

 private:
  void scalar(Node& node) {
    static constexpr std::string_view kPaths[] = {"services.*.build.context",
                                                  "services.*.build.additional_contexts.*",
                                                  "services.*.env_file.[].path",
                                                  "services.*.label_file.[]",
                                                  "services.*.extends.file",
                                                  "services.*.develop.watch.[].path",
                                                  "configs.*.file",
                                                  "secrets.*.file",
                                                  "include.[].path.[]",
                                                  "include.[].project_directory",
                                                  "include.[].env_file.[]"};
    for (const auto pattern : kPaths) {
      if (trail_.matches(pattern) && !isRemote(node.text)) absolute(&node);
    }
    if (trail_.matches("services.*.build.ssh.[]")) {
      const auto equals = node.text.find('=');
      if (equals != std::string::npos) {
        node.text = node.text.substr(0, equals + 1) + resolved(node.text.substr(equals + 1));
      }
    }
  }

  // A volume of the local driver that is a bind mount.
  void localBind(Node& node) {
    const Node* driver = node.find("driver");
    Node* options = node.find("driver_opts");
    if (driver == nullptr || driver->text != "local" || options == nullptr) return;
    const Node* kind = options->find("o");
    if (kind != nullptr && kind->text == "bind") absolute(options->find("device"));
  }

  void absolute(Node* node) {
    if (node != nullptr && node->isScalar() && !node->text.empty()) node->text = resolved(node->text);
  }

  std::string resolved(const std::string& path) const {
    if (path == "~" || startsWith(path, "~/")) {
      if (const auto home = environment_.find("HOME"))
        return resolvePath(*home, path.substr(std::min<std::size_t>(2, path.size())));
    }
    return resolvePath(folder_, path);
  }

  const std::string& folder_;
  const Environment& environment_;
  Trail trail_;
};

}  // namespace

void toNormalForm(Node& root, std::vector<Error>& problems) {
  Normalizer(problems).walk(root);
}

void toAbsolutePaths(Node& root, const std::string& folder, const Environment& environment) {
  PathMaker(folder, environment).walk(root);
}

}  // namespace orbit::project

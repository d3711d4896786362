#include "project/merge.h"

#include "base/text.h"
#include "project/schema_shapes.h"
#include "project/trail.h"

namespace orbit::project {
namespace {

using format::Node;

std::string textOf(const Node& node, std::string_view key, std::string_view fallback = "") {
  const Node* found = node.find(key);
  return found == nullptr || !found->isScalar() ? std::string(fallback) : found->text;
}

std::string portIdentity(const Node& item) {
  return textOf(item, "host_ip") + " " + textOf(item, "published") + " " + textOf(item, "target") + "/" +
         textOf(item, "protocol", "tcp");
}

// Paths in a container that name the same place read the same.
std::string cleanTarget(std::string target) {
  while (target.size() > 1 && target.back() == '/') target.pop_back();
  return target;
}

std::string targetIdentity(const Node& item) {
  const std::string target = textOf(item, "target");
  // Without a target nothing says that two entries mean the same.
  return target.empty() ? "?" + textOf(item, "source") : cleanTarget(target);
}

std::string grantIdentity(const Node& item, std::string_view folder) {
  const std::string target = textOf(item, "target", textOf(item, "source"));
  return startsWith(target, "/") ? cleanTarget(target) : std::string(folder) + target;
}

// What makes an entry of a list the same resource as another, where the specification says so.
std::optional<std::string> identity(const Trail& list, const Node& item) {
  if (list.matches("services.*.ports")) return portIdentity(item);
  if (list.matches("services.*.volumes") || list.matches("services.*.devices")) return targetIdentity(item);
  if (list.matches("services.*.configs")) return grantIdentity(item, "/");
  if (list.matches("services.*.secrets")) return grantIdentity(item, "/run/secrets/");
  if (list.matches("services.*.env_file")) return textOf(item, "path");
  static constexpr std::string_view kSets[] = {"services.*.cap_add",
                                               "services.*.cap_drop",
                                               "services.*.dns",
                                               "services.*.dns_opt",
                                               "services.*.dns_search",
                                               "services.*.expose",
                                               "services.*.links",
                                               "services.*.networks.*.aliases",
                                               "services.*.networks.*.link_local_ips",
                                               "services.*.profiles",
                                               "services.*.tmpfs",
                                               "services.*.extra_hosts",
                                               "services.*.build.tags",
                                               "services.*.build.extra_hosts",
                                               "services.*.build.platforms",
                                               "services.*.build.ssh",
                                               "services.*.label_file"};
  for (const auto pattern : kSets) {
    if (list.matches(pattern)) return item.text;
  }
  return std::nullopt;
}

// The last entry of each resource counts, at the place of the first.
void keepUnique(const Trail& trail, Node& list) {
  if (list.items.empty() || !identity(trail, list.items[0])) return;
  std::map<std::string, std::size_t> places;
  std::vector<Node> kept;
  for (auto& item : list.items) {
    const auto [place, isNew] = places.emplace(*identity(trail, item), kept.size());
    if (isNew) {
      kept.push_back(std::move(item));
    } else {
      kept[place->second] = std::move(item);
    }
  }
  list.items = std::move(kept);
}

class Merger {
 public:
  explicit Merger(std::vector<Error>& problems) : problems_(problems) {}

  Trail& trail() { return trail_; }

  void merge(Node& base, Node over) {
    // A reset stays as a mark: the value may yet be merged over an earlier file's.
    if (over.tag == "!override" || over.tag == "!reset" || base.tag == "!reset" || replaces(base, over)) {
      base = std::move(over);
      return;
    }
    if (over.isNull()) {
      // A name without a value takes the value from elsewhere; everywhere else nothing changes nothing.
      if (isPair()) base = std::move(over);
      return;
    }
    if (base.isMapping() && over.isMapping()) {
      mergeMapping(base, std::move(over));
    } else if (base.isSequence() && over.isSequence()) {
      if (trail_.matches("networks.*.ipam.config")) {
        mergePools(base, std::move(over));
      } else {
        std::move(over.items.begin(), over.items.end(), std::back_inserter(base.items));
      }
    } else if (base.isNull() || (base.isScalar() && over.isScalar())) {
      base = std::move(over);
    } else {
      problems_.push_back({Code::kInvalid,
                           trail_.text() + " is " + std::string(format::kindName(over.kind)) + " here, but " +
                               std::string(format::kindName(base.kind)) + " at " + base.at.text(),
                           "write both in the same form, or replace it with !override", over.at});
    }
  }

 private:
  bool replaces(const Node& base, const Node& over) const {
    if (trail_.matches("services.*.command") || trail_.matches("services.*.entrypoint") ||
        trail_.matches("services.*.healthcheck.test")) {
      return true;
    }
    if (trail_.matches("services.*.ulimits.*")) return !(base.isMapping() && over.isMapping());
    if (trail_.matches("services.*.logging") && base.isMapping() && over.isMapping()) {
      // Options of one driver mean nothing to another.
      return base.find("driver") != nullptr && over.find("driver") != nullptr &&
             textOf(base, "driver") != textOf(over, "driver");
    }
    return false;
  }

  bool isPair() const {
    static constexpr std::string_view kPairs[] = {
        "services.*.environment.*",   "services.*.labels.*",     "services.*.annotations.*", "services.*.sysctls.*",
        "services.*.deploy.labels.*", "services.*.build.args.*", "services.*.build.labels.*"};
    return std::any_of(std::begin(kPairs), std::end(kPairs), [&](std::string_view p) { return trail_.matches(p); });
  }

  // A config or secret has one source: naming another one replaces it.
  void dropOtherSource(Node& base, const Node& over) const {
    static constexpr std::string_view kSources[] = {"file", "environment", "content", "external"};
    const auto names = [&](std::string_view key) { return over.find(key) != nullptr; };
    if (!trail_.matches("configs.*") && !trail_.matches("secrets.*")) return;
    if (std::none_of(std::begin(kSources), std::end(kSources), names)) return;
    for (const auto source : kSources) base.erase(source);
  }

  void mergeMapping(Node& base, Node over) {
    dropOtherSource(base, over);
    std::map<std::string, std::size_t, std::less<>> places;
    for (std::size_t i = 0; i < base.entries.size(); ++i) places.emplace(base.entries[i].key, i);
    for (auto& entry : over.entries) {
      const auto place = places.find(entry.key);
      if (place == places.end()) {
        base.entries.push_back(std::move(entry));
      } else {
        auto& mine = base.entries[place->second];
        // The key must outlive the trail's view of it.
        const Step step(trail_, mine.key);
        const bool isExtension = startsWith(entry.key, "x-") && trail_.size() != 2 && entry.key != kOrbitKey;
        if (isExtension) {
          mine.value = std::move(entry.value);
        } else {
          merge(mine.value, std::move(entry.value));
        }
      }
    }
  }

  // Pools of one subnet are one pool.
  void mergePools(Node& base, Node over) {
    for (auto& pool : over.items) {
      Node* same = nullptr;
      for (auto& mine : base.items) {
        if (textOf(mine, "subnet") == textOf(pool, "subnet") && mine.isMapping() && pool.isMapping()) same = &mine;
      }
      if (same == nullptr) {
        base.items.push_back(std::move(pool));
      } else {
        const Step step(trail_, "[]");
        mergeMapping(*same, std::move(pool));
      }
    }
  }

  std::vector<Error>& problems_;
  Trail trail_;
};

void keepUniqueBelow(Trail& trail, Node& node) {
  if (node.isSequence()) keepUnique(trail, node);
  for (auto& item : node.items) {
    const Step step(trail, "[]");
    keepUniqueBelow(trail, item);
  }
  for (auto& entry : node.entries) {
    const Step step(trail, entry.key);
    keepUniqueBelow(trail, entry.value);
  }
}

}  // namespace

void mergeFile(Node& base, Node over, std::vector<Error>& problems) {
  Merger(problems).merge(base, std::move(over));
}

void mergeService(Node& base, Node over, std::vector<Error>& problems) {
  Merger merger(problems);
  const Step services(merger.trail(), "services");
  const Step service(merger.trail(), "*");
  merger.merge(base, std::move(over));
}

void dropTags(Node& node) {
  node.tag.clear();
  std::erase_if(node.entries, [](const format::Entry& entry) { return entry.value.tag == "!reset"; });
  std::erase_if(node.items, [](const Node& item) { return item.tag == "!reset"; });
  for (auto& item : node.items) dropTags(item);
  for (auto& entry : node.entries) dropTags(entry.value);
}

void settle(Node& root) {
  dropTags(root);
  Trail trail;
  keepUniqueBelow(trail, root);
}

}  // namespace orbit::project

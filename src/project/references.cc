#include "project/references.h"

#include <algorithm>

namespace orbit::project {
namespace {

using model::DeployService;

constexpr std::size_t kValueMax = 1 << 20;

struct Reference {
  std::size_t begin = 0, end = 0;  // in the text, with the braces
  std::string service, name;       // service "": its own; "shared": of all
};

std::optional<Reference> nextReference(std::string_view text, std::size_t from) {
  const auto begin = text.find("${{", from);
  const auto end = begin == std::string_view::npos ? begin : text.find("}}", begin);
  if (end == std::string_view::npos) return std::nullopt;
  const auto inner = trim(text.substr(begin + 3, end - begin - 3));
  const auto dot = inner.rfind('.');
  Reference out{begin, end + 2, "", std::string(inner)};
  if (dot != std::string_view::npos) {
    out.service = std::string(trim(inner.substr(0, dot)));
    out.name = std::string(trim(inner.substr(dot + 1)));
  }
  return out;
}

class Resolver {
 public:
  explicit Resolver(Deploying& deploying) : deploying_(deploying) {}

  void run() {
    for (auto& service : deploying_.deployment.services) {
      for (auto& [name, value] : service.service.container.environment) {
        if (value && value->find("${{") != std::string::npos) value = valueOf(service, name);
      }
    }
    for (const auto& [service, other] : order_) addOrder(service, other);
  }

 private:
  using Key = std::pair<const DeployService*, std::string>;

  static std::string shown(const Key& key) { return key.first->service.name + "." + key.second; }

  void problem(std::string message, std::string hint) {
    Location at;
    if (!path_.empty()) {
      const Fields variables = deploying_.fieldsOf(path_.front().first->service.name).in("environment");
      if (variables.node() != nullptr && variables.node()->find(path_.front().second) != nullptr) {
        at = variables.at(path_.front().second);
      }
    }
    deploying_.findings().problem(at, std::move(message), std::move(hint));
  }

  // The finished value of a variable that a service has.
  std::string valueOf(const DeployService& service, const std::string& name) {
    const Key key{&service, name};
    if (const auto done = done_.find(key); done != done_.end()) return done->second;
    if (std::find(path_.begin(), path_.end(), key) != path_.end()) {
      std::string circle;
      for (auto at = std::find(path_.begin(), path_.end(), key); at != path_.end(); ++at) circle += shown(*at) + " → ";
      if (!told_)
        problem("the variables refer to each other in a circle: " + circle + shown(key),
                "give one of them a value of its own");
      told_ = true;
      return "";
    }
    constexpr std::size_t kDepthMax = 100;
    if (path_.size() >= kDepthMax) {
      if (!told_) problem("variables refer to each other more than 100 levels deep", "make the chain shorter");
      told_ = true;
      return "";
    }
    path_.push_back(key);
    std::string value = fill(service, service.service.container.environment.at(name).value_or(""));
    path_.pop_back();
    done_[key] = value;
    return value;
  }

  std::string fill(const DeployService& service, const std::string& text) {
    std::string out;
    std::size_t from = 0;
    while (const auto reference = nextReference(text, from)) {
      out += text.substr(from, reference->begin - from);
      out += look(service, *reference, text.substr(reference->begin, reference->end - reference->begin));
      from = reference->end;
      if (out.size() > kValueMax) {
        problem("a value grows past 1 MiB when its references are filled in", "make it shorter");
        return "";
      }
    }
    return out + text.substr(from);
  }

  std::string look(const DeployService& service, const Reference& reference, const std::string& text) {
    const Target& target = deploying_.target;
    const auto shared = target.all.find(reference.name);
    if (lower(reference.service) == "shared") {
      if (shared != target.all.end()) return shared->second;
      problem(text + ": no variable " + reference.name + " is set for all services",
              "orbit vars set " + reference.name + "=…");
      return "";
    }
    const DeployService* other = reference.service.empty() ? &service : find(reference.service);
    if (other == nullptr) {
      std::vector<std::string_view> names;
      for (const auto& one : deploying_.deployment.services) names.push_back(one.service.name);
      const auto near = nearest(reference.service, names);
      problem(text + ": there is no service `" + reference.service + "`",
              near.empty() ? "the services are " + join({names.begin(), names.end()}, ", ")
                           : "did you mean `" + std::string(near) + "`?");
      return "";
    }
    const auto& environment = other->service.container.environment;
    if (const auto own = environment.find(reference.name); own != environment.end()) {
      if (other != &service && !isTold(reference.name) && isItsOwn()) {
        order_.emplace(path_.front().first->service.name, other->service.name);
      }
      return valueOf(*other, reference.name);
    }
    if (const auto release = other->perRelease.find(reference.name); release != other->perRelease.end())
      return release->second;
    if (reference.name == "RAILWAY_PRIVATE_DOMAIN") return other->service.name + ".railway.internal";
    if (shared != target.all.end()) return shared->second;
    std::vector<std::string_view> names;
    for (const auto& [name, value] : environment) names.push_back(name);
    const auto near = nearest(reference.name, names);
    problem(text + ": " + other->service.name + " has no variable " + reference.name,
            near.empty() ? "orbit vars set " + reference.name + "=…" : "did you mean " + std::string(near) + "?");
    return "";
  }

  // A variable that all services have makes only those wait that name it.
  bool isItsOwn() const {
    const auto& [service, name] = path_.front();
    const auto own = deploying_.target.ofServices.find(service->service.name);
    if (own != deploying_.target.ofServices.end() && own->second.count(name) != 0) return true;
    const Fields variables = deploying_.fieldsOf(service->service.name).in("environment");
    return variables.node() != nullptr && variables.node()->find(name) != nullptr;
  }

  // What Orbit tells each service is known before any is up.
  static bool isTold(const std::string& name) {
    return startsWith(name, "RAILWAY_") || startsWith(name, "ORBIT_") || name == "PORT";
  }

  // By name, in any case; or the one database of that kind ("Postgres").
  const DeployService* find(const std::string& name) const {
    const auto& services = deploying_.deployment.services;
    if (const auto* exact = deploying_.deployment.find(name)) return exact;
    const DeployService* kind = nullptr;
    int kinds = 0;
    for (const auto& one : services) {
      if (lower(one.service.name) == lower(name)) return &one;
      if (databaseOf(one.service.container.image) != lower(name)) continue;
      kind = &one;
      ++kinds;
    }
    return kinds == 1 ? kind : nullptr;
  }

  bool waits(const std::string& service, const std::string& other, std::set<std::string>& seen) const {
    if (service == other) return true;
    if (!seen.insert(service).second) return false;
    const auto* one = deploying_.deployment.find(service);
    return one != nullptr && std::any_of(one->after.begin(), one->after.end(),
                                         [&](const auto& next) { return waits(next, other, seen); });
  }

  void addOrder(const std::string& service, const std::string& other) {
    std::set<std::string> seen;
    if (waits(other, service, seen)) return;
    for (auto& one : deploying_.deployment.services) {
      if (one.service.name != service) continue;
      if (std::find(one.after.begin(), one.after.end(), other) == one.after.end()) one.after.push_back(other);
    }
  }

  Deploying& deploying_;
  std::map<Key, std::string> done_;
  std::vector<Key> path_;
  std::set<std::pair<std::string, std::string>> order_;  // service → comes after
  bool told_ = false;
};

}  // namespace

void resolveReferences(Deploying& deploying) {
  Resolver(deploying).run();
}

}  // namespace orbit::project

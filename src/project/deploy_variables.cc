// What each service of a deployment has in its environment: what `orbit vars` set (decision 17), what Orbit tells it,
// and ${{Service.VAR}} filled in. Build arguments come from the same.
#include <algorithm>

#include "format/dotenv.h"
#include "model/secret_mark.h"
#include "project/deploying.h"
#include "project/references.h"

namespace orbit::project {
namespace {

using model::DeployService;

// One part of a host: what a host cannot hold becomes `-`.
std::string label(const std::string& name) {
  std::string out = lower(name);
  for (char& c : out) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
    if (!plain) c = '-';
  }
  while (!out.empty() && (out.back() == '-' || out.back() == '.')) out.pop_back();
  while (!out.empty() && (out.front() == '-' || out.front() == '.')) out.erase(0, 1);
  return out;
}

bool isOfEnvironment(const Target& target, const std::string& service, const std::string& name) {
  const auto own = target.ofServices.find(service);
  return target.all.count(name) != 0 || (own != target.ofServices.end() && own->second.count(name) != 0);
}

std::string publicHost(const Deploying& deploying, const DeployService& service) {
  const auto& deployment = deploying.deployment;
  std::string host = label(service.service.name) + "." + label(deployment.environment) + "." +
                     label(deployment.project) + ".localhost";
  // "*.shop.example.com" is no address.
  const auto own = std::find_if(service.hosts.begin(), service.hosts.end(),
                                [](const std::string& one) { return !startsWith(one, "*"); });
  if (own != service.hosts.end()) host = *own;
  const int port = deploying.production.httpsPort;
  if (port != 443) host += ":" + std::to_string(port);
  return host;
}

// http://localhost:8000 in one service's variables, where another published 8000: in development it is what a browser
// dials, and here that is the other's public address.
class LocalAddresses {
 public:
  explicit LocalAddresses(Deploying& deploying) : deploying_(deploying) {}

  void replace(DeployService& service) {
    for (auto& [name, value] : service.service.container.environment) {
      if (!value || isOfEnvironment(deploying_.target, service.service.name, name)) continue;
      const std::string before = *value;
      for (const auto* local : {"http://localhost:", "http://127.0.0.1:"}) replaceAll(service, local, *value);
      if (*value == before) continue;
      deploying_.note(service.service.name, "variables", "has " + name + "=" + *value + " instead of " + before,
                      "that is where browsers find it here; `orbit vars set --plain " + name + "=…` for another",
                      placeOf(service, name));
    }
  }

 private:
  void replaceAll(const DeployService& service, std::string_view local, std::string& value) const {
    for (std::size_t at = value.find(local); at != std::string::npos; at = value.find(local, at + 1)) {
      std::size_t end = at + local.size();
      while (end < value.size() && value[end] >= '0' && value[end] <= '9') ++end;
      const DeployService* other = publisher(value.substr(at + local.size(), end - at - local.size()));
      if (other == nullptr || other->service.name == service.service.name) continue;
      value.replace(at, end - at, "https://" + publicHost(deploying_, *other));
    }
  }

  const DeployService* publisher(const std::string& port) const {
    for (const auto& service : deploying_.deployment.services) {
      if (!service.routed) continue;
      for (const auto& one : deploying_.facts[service.service.name].ports) {
        if (one.published == port && one.protocol == "tcp") return &service;
      }
    }
    return nullptr;
  }

  Location placeOf(const DeployService& service, const std::string& name) const {
    const Fields variables = deploying_.fieldsOf(service.service.name).in("environment");
    const auto* node = variables.node() == nullptr ? nullptr : variables.node()->find(name);
    return node == nullptr ? service.service.at : node->at;
  }

  Deploying& deploying_;
};

// The names users of the hosted platform rely on stand beside ours. What the files or `orbit vars` say wins.
void tellService(const Deploying& deploying, DeployService& service) {
  auto& environment = service.service.container.environment;
  const auto tell = [&](const char* name, const std::string& value) {
    if (!value.empty()) environment.emplace(name, value);
  };
  const auto& deployment = deploying.deployment;
  const std::string& name = service.service.name;
  tell("ORBIT_PROJECT", deployment.project);
  tell("ORBIT_ENVIRONMENT", deployment.environment);
  tell("ORBIT_SERVICE", name);
  tell("RAILWAY_PROJECT_NAME", deployment.project);
  tell("RAILWAY_ENVIRONMENT_NAME", deployment.environment);
  tell("RAILWAY_ENVIRONMENT", deployment.environment);
  tell("RAILWAY_SERVICE_NAME", name);
  tell("RAILWAY_PRIVATE_DOMAIN", name + ".railway.internal");
  if (service.routed) {
    tell("ORBIT_PUBLIC_DOMAIN", publicHost(deploying, service));
    tell("RAILWAY_PUBLIC_DOMAIN", publicHost(deploying, service));
    if (service.port != 0) tell("PORT", std::to_string(service.port));
  }
  const auto& given = deploying.production;
  const auto tellRelease = [&](const char* one, const char* other, const std::string& value) {
    for (const auto* key : {one, other}) {
      if (!value.empty() && environment.count(key) == 0) service.perRelease.emplace(key, value);
    }
  };
  tellRelease("ORBIT_GIT_COMMIT", "RAILWAY_GIT_COMMIT_SHA", given.commit);
  tellRelease("ORBIT_GIT_BRANCH", "RAILWAY_GIT_BRANCH", given.branch);
  tellRelease("ORBIT_GIT_AUTHOR", "RAILWAY_GIT_AUTHOR", given.author);
  tellRelease("ORBIT_GIT_MESSAGE", "RAILWAY_GIT_COMMIT_MESSAGE", given.message);
}

bool isShell(const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  return name == "sh" || name == "bash" || name == "ash" || name == "dash" || name == "zsh";
}

// A command of a railway file is run without a shell. Its variables are known here, so that they are filled in where
// the hosted platform would pass "$PORT" as it stands.
void fillCommand(Deploying& deploying, const DeployService& service, const Location& at,
                 std::vector<std::string>& words) {
  if (words.empty() || isShell(words.front())) return;
  bool secret = false;
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    const auto& environment = service.service.container.environment;
    const auto found = environment.find(std::string(name));
    if (found == environment.end()) return std::nullopt;
    if (found->second && !model::secretsIn(*found->second).empty()) secret = true;
    return found->second;
  };
  const std::string before = join(words, " ");
  for (auto& word : words) {
    auto filled = format::interpolate(word, lookup, {});
    if (filled.ok()) word = std::move(filled).value();
  }
  if (secret) {
    deploying.findings().problem(at,
                                 "services." + service.service.name + ": the command `" + before + "` names a secret",
                                 "every user of the machine can read a command line; let a shell fill it in: "
                                 "/bin/sh -c \"exec …\"");
  } else if (const std::string after = join(words, " "); after != before) {
    deploying.note(service.service.name, "railway", "fills in the variables of its command: `" + after + "`",
                   "there is no shell that would", at);
  }
}

const char* toolOf(std::string_view name) {
  if (startsWith(name, "VITE_")) return "vite";
  if (startsWith(name, "NEXT_PUBLIC_")) return "next";
  if (startsWith(name, "REACT_APP_")) return "react-scripts";
  if (startsWith(name, "NUXT_PUBLIC_")) return "nuxt";
  return "";
}

class BuildArguments {
 public:
  BuildArguments(Deploying& deploying, DeployService& service)
      : deploying_(deploying),
        service_(service),
        facts_(deploying.facts[service.service.name]),
        build_(*service.service.build) {}

  void give() {
    for (const auto& [name, value] : service_.service.container.environment) {
      if (value) give(name, *value);
    }
    for (const auto& [name, value] : service_.perRelease) {
      if (declaresArgument(facts_.dockerfile, name)) build_.args.emplace(name, value);
    }
    if (lines_.empty()) return;
    constexpr const char* kFile = ".env.production.local";
    build_.contextFiles[kFile] = lines_;
    deploying_.note(service_.service.name, "build-args",
                    "writes " + join(names_, ", ") + " into " + kFile + " of its build context",
                    "its Dockerfile declares no ARG for " + std::string(names_.size() > 1 ? "them" : "it"),
                    service_.service.at);
  }

 private:
  void give(const std::string& name, const std::string& value) {
    const auto own = build_.args.find(name);
    const bool ofTarget = isOfEnvironment(deploying_.target, service_.service.name, name);
    const bool browsers = isForBrowsers(name);
    if (!ofTarget && !browsers) return;
    const bool declared = declaresArgument(facts_.dockerfile, name);
    if (declared || own != build_.args.end()) {
      if (ofTarget || own == build_.args.end() || !own->second) build_.args[name] = value;
      tellSecret(name, value);
      return;
    }
    if (!browsers || !usesTool(name)) return;
    if (value.find('\n') != std::string::npos) return;
    names_.push_back(name);
    lines_ += name + "=" + quoted(value) + "\n";
  }

  // Not each service of a project is built with the frontend's variables.
  bool usesTool(const std::string& name) const {
    const Fields variables = deploying_.fieldsOf(service_.service.name).in("environment");
    if (variables.node() != nullptr && variables.node()->find(name) != nullptr) return true;
    return !facts_.manifest.empty() && facts_.manifest.find("\"" + std::string(toolOf(name))) != std::string::npos;
  }

  void tellSecret(const std::string& name, const std::string& value) {
    if (model::secretsIn(value).empty() || isForBrowsers(name)) return;
    deploying_.note(service_.service.name, "build-args", "is built with the secret " + name,
                    "build arguments stay in the image's history: whoever has the image can read it",
                    service_.service.at);
  }

  static std::string quoted(const std::string& value) {
    if (value.find_first_of(" #'\"$\\`") == std::string::npos) return value;
    std::string out = "\"";
    for (const char c : value) {
      if (c == '"' || c == '\\' || c == '$') out += '\\';
      out += c;
    }
    return out + "\"";
  }

  Deploying& deploying_;
  DeployService& service_;
  const ServiceFacts& facts_;
  model::Build& build_;
  std::vector<std::string> names_;
  std::string lines_;
};

}  // namespace

bool isForBrowsers(std::string_view name) {
  for (const auto* prefix : {"VITE_", "NEXT_PUBLIC_", "REACT_APP_", "NUXT_PUBLIC_", "PUBLIC_", "EXPO_PUBLIC_"}) {
    if (startsWith(name, prefix)) return true;
  }
  return false;
}

void giveVariables(const Target& target, model::Service& service) {
  auto& environment = service.container.environment;
  for (const auto& [name, value] : target.all) {
    if (service.build || environment.count(name) != 0) environment[name] = value;
  }
  const auto own = target.ofServices.find(service.name);
  if (own == target.ofServices.end()) return;
  for (const auto& [name, value] : own->second) environment[name] = value;
}

void planVariables(Deploying& deploying) {
  auto& services = deploying.deployment.services;
  for (auto& service : services) {
    // The hosted platform always gives a PORT.
    constexpr int kPortGiven = 8080;
    if (service.routed && service.port == 0 && !deploying.facts[service.service.name].railway.file.empty()) {
      service.port = kPortGiven;
      service.portFrom = "PORT, which Orbit gives it";
    }
    if (service.shape != DeployService::Shape::kDatabase) tellService(deploying, service);
  }
  for (auto& service : services) LocalAddresses(deploying).replace(service);
  resolveReferences(deploying);
  for (auto& service : services) {
    const Railway& railway = deploying.facts[service.service.name].railway;
    auto& entrypoint = service.service.container.entrypoint;
    if (railway.startCommand && entrypoint == railway.startCommand) {
      fillCommand(deploying, service, railway.startAt, *entrypoint);
    }
    for (auto& words : service.preDeploy) fillCommand(deploying, service, railway.startAt, words);
    if (service.service.build) BuildArguments(deploying, service).give();
  }
}

}  // namespace orbit::project

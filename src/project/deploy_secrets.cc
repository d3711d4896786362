// Secrets are marks until a container is made (model/secret_mark.h): which places may hold one.
#include <algorithm>

#include "model/secret_mark.h"
#include "project/deploying.h"

namespace orbit::project {
namespace {

class SecretPlaces {
 public:
  explicit SecretPlaces(Deploying& deploying) : deploying_(deploying) {
    for (const auto& variable : deploying.production.variables) {
      for (auto& name : model::secretsIn(variable.value)) known_.insert(std::move(name));
    }
    for (const auto& one : deploying.merged.missing) missing_.insert(one.name);
  }

  void check(const model::DeployService& service) {
    const auto& spec = service.service.container;
    refuse(service, "image", spec.image);
    for (const auto& mount : spec.mounts) refuse(service, "volumes", mount.source + mount.target);
    if (service.service.build) {
      const auto& build = *service.service.build;
      refuse(service, "build", build.context + build.dockerfile + build.target);
      for (const auto& [name, value] : build.args) knows(service, "build", value.value_or(""));
    }
    for (const auto& [name, value] : spec.environment) knows(service, "environment", value.value_or(""));
    for (const auto& [name, value] : spec.labels) tell(service, "labels", value);
    tell(service, "command", words(spec.command));
    tell(service, "entrypoint", words(spec.entrypoint));
    if (spec.healthCheck) tell(service, "healthcheck", join(spec.healthCheck->test, " "));
  }

 private:
  static std::string words(const std::optional<std::vector<std::string>>& line) {
    return line ? join(*line, " ") : std::string();
  }

  Location placeOf(const model::DeployService& service, const std::string& key) const {
    const auto found = service.service.attributeAt.find(key);
    return found == service.service.attributeAt.end() ? service.service.at : found->second;
  }

  // A mark that no variable brought in was written in a file, as a control character.
  void knows(const model::DeployService& service, const std::string& key, const std::string& text) {
    for (const auto& name : model::secretsIn(text)) {
      if (known_.count(name) != 0 || missing_.count(name) != 0) continue;
      deploying_.findings().problem(
          placeOf(service, key), "services." + service.service.name + "." + key + " holds the control character U+001E",
          "take it out");
    }
  }

  void refuse(const model::DeployService& service, const std::string& key, const std::string& text) {
    knows(service, key, text);
    for (const auto& name : model::secretsIn(text)) {
      if (known_.count(name) == 0) continue;
      deploying_.findings().problem(placeOf(service, key),
                                    "services." + service.service.name + "." + key + " names the secret " + name +
                                        ", which is shown to everybody there",
                                    "set it as a plain variable: orbit vars set --plain " + name + "=…");
    }
  }

  void tell(const model::DeployService& service, const std::string& key, const std::string& text) {
    knows(service, key, text);
    const auto names = model::secretsIn(text);
    if (names.empty() || missing_.count(names.front()) != 0) return;
    deploying_.note(service.service.name, "secret", "has the secret " + join(names, ", ") + " in its " + key,
                    "whoever may list this machine's processes can read it; better a variable or a file of `secrets:`",
                    placeOf(service, key));
  }

  Deploying& deploying_;
  std::set<std::string> known_, missing_;
};

}  // namespace

void checkSecrets(Deploying& deploying) {
  SecretPlaces places(deploying);
  for (const auto& service : deploying.deployment.services) places.check(service);
}

}  // namespace orbit::project

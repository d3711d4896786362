#include "project/railway.h"

#include <algorithm>
#include <array>

#include "format/json.h"
#include "format/toml.h"
#include "project/shell_words.h"

namespace orbit::project {
namespace {

using format::Node;

struct KnownKey {
  std::string_view name;
  std::string_view notDone;  // why it changes nothing; "": it is acted on
};

constexpr std::array<KnownKey, 4> kTop = {{{"$schema", ""}, {"build", ""}, {"deploy", ""}, {"environments", ""}}};

constexpr std::array<KnownKey, 9> kBuild = {{
    {"builder", ""},
    {"dockerfilePath", ""},
    {"watchPatterns", ""},
    {"buildCommand", "a Dockerfile says how the image is built: write it there as RUN"},
    {"railpackVersion", "images are built from a Dockerfile"},
    {"nixpacksVersion", "images are built from a Dockerfile"},
    {"nixpacksConfigPath", "images are built from a Dockerfile"},
    {"nixpacksPlan", "images are built from a Dockerfile"},
    {"buildEnvironment", "images are built by the engine of this machine"},
}};

constexpr std::array<KnownKey, 20> kDeploy = {{
    {"startCommand", ""},
    {"preDeployCommand", ""},
    {"healthcheckPath", ""},
    {"healthcheckTimeout", ""},
    {"restartPolicyType", ""},
    {"restartPolicyMaxRetries", ""},
    {"numReplicas", ""},
    {"overlapSeconds", ""},
    {"drainingSeconds", ""},
    {"limitOverride", ""},
    {"preDeployTimeoutSeconds",
     "a pre-deploy command may take as long as it needs; stop it with `orbit deploy --cancel`"},
    {"cronSchedule", "runs by the clock are not done yet: the service would run all the time"},
    {"sleepApplication", "putting a service to sleep is not done yet: it runs all the time"},
    {"autoscale", "scaling by load is not done yet: set numReplicas"},
    {"multiRegionConfig", "there is one machine; numReplicas says how many run on it"},
    {"region", "there is one machine"},
    {"requiredMountPath", "name the volume in the compose file"},
    {"registryCredentials", "log in on the machine: docker login"},
    {"runtime", "there is one runtime: the engine"},
    {"ipv6EgressEnabled", "the engine's network settings say so"},
}};

template <std::size_t n>
void checkKeys(const Fields& fields, const std::array<KnownKey, n>& known) {
  if (fields.node() == nullptr) return;
  for (const auto& entry : fields.node()->entries) {
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const KnownKey& key) { return key.name == entry.key; });
    if (found != known.end()) {
      if (!found->notDone.empty() && !entry.value.isNull()) {
        fields.findings().warn(entry.keyAt, fields.pathOf(entry.key) + " is not done", std::string(found->notDone));
      }
      continue;
    }
    std::vector<std::string_view> names;
    for (const auto& key : known) names.push_back(key.name);
    const auto near = nearest(entry.key, names);
    fields.findings().warn(entry.keyAt, "unknown key `" + entry.key + "` in " + fields.path() + ": it changes nothing",
                           near.empty() ? "take it out" : "did you mean `" + std::string(near) + "`?");
  }
}

std::string upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

// One of `words` in any case, in upper case.
std::string word(const Fields& fields, std::string_view key, const std::vector<std::string_view>& words) {
  const std::string value = upper(fields.text(key));
  if (value.empty() || std::find(words.begin(), words.end(), value) != words.end()) return value;
  const auto near = nearest(value, words);
  fields.problem(key, "expected " + choices(words) + ", found `" + fields.text(key) + "`",
                 near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
  return {};
}

std::optional<std::vector<std::string>> execForm(const Fields& fields, std::string_view key, const std::string& line) {
  auto words = splitWords(line);
  if (!words.ok()) {
    fields.problem(key, words.error().message, words.error().hint);
    return std::nullopt;
  }
  if (words->empty()) return std::nullopt;
  return std::move(words).value();
}

void readBuild(const Fields& fields, Railway& railway) {
  railway.builder = word(fields, "builder", {"DOCKERFILE", "RAILPACK", "NIXPACKS", "HEROKU", "PAKETO"});
  railway.builderAt = fields.at("builder");
  railway.dockerfilePath = fields.text("dockerfilePath");
  railway.watchPatterns = fields.strings("watchPatterns");
}

void readCommands(const Fields& fields, Railway& railway) {
  if (const std::string line = fields.text("startCommand"); !line.empty()) {
    railway.startCommand = execForm(fields, "startCommand", line);
    railway.startAt = fields.at("startCommand");
  }
  const Node* before = fields.find("preDeployCommand");
  if (before == nullptr) return;
  for (const auto& line :
       before->isScalar() ? std::vector<std::string>{before->text} : fields.strings("preDeployCommand")) {
    if (auto words = execForm(fields, "preDeployCommand", line)) railway.preDeploy.push_back(std::move(*words));
  }
}

void readDeploy(const Fields& fields, Railway& railway) {
  constexpr std::int64_t kDayS = 86'400;
  constexpr std::int64_t kReplicasMax = 50, kRetriesMax = 1'000'000;
  readCommands(fields, railway);
  railway.healthPath = fields.text("healthcheckPath");
  railway.healthAt = fields.at("healthcheckPath");
  if (!railway.healthPath.empty() && railway.healthPath.front() != '/') railway.healthPath.insert(0, "/");
  railway.healthTimeout = fields.integer("healthcheckTimeout", 1, kDayS);
  railway.restart = word(fields, "restartPolicyType", {"ON_FAILURE", "ALWAYS", "NEVER"});
  railway.restartAt = fields.at("restartPolicyType");
  railway.restartMax = fields.integer("restartPolicyMaxRetries", 0, kRetriesMax);
  railway.replicas = fields.integer("numReplicas", 1, kReplicasMax);
  railway.replicasAt = fields.at("numReplicas");
  railway.overlap = fields.integer("overlapSeconds", 0, kDayS);
  railway.draining = fields.integer("drainingSeconds", 0, kDayS);
  const Fields limits = fields.in("limitOverride").in("containers");
  railway.cpus = limits.number("cpu");
  railway.memoryBytes = limits.bytes("memoryBytes");
}

// The keys of `over` replace those of `base`.
Node overlaid(const Node* base, const Node* over) {
  Node out = base != nullptr && base->isMapping() ? *base : Node::mapping();
  if (over == nullptr || !over->isMapping()) return out;
  for (const auto& entry : over->entries) {
    const auto same = std::find_if(out.entries.begin(), out.entries.end(),
                                   [&](const format::Entry& mine) { return mine.key == entry.key; });
    if (same == out.entries.end()) {
      out.entries.push_back(entry);
    } else {
      *same = entry;
    }
  }
  return out;
}

void checkEnvironments(const Fields& environments) {
  if (environments.node() == nullptr) return;
  for (const auto& entry : environments.node()->entries) {
    const Fields one(&entry.value, environments.pathOf(entry.key), environments.findings());
    constexpr std::array<KnownKey, 2> kParts = {{{"build", ""}, {"deploy", ""}}};
    checkKeys(one, kParts);
    checkKeys(one.in("build"), kBuild);
    checkKeys(one.in("deploy"), kDeploy);
  }
}

}  // namespace

Railway readRailway(const std::string& text, const std::string& path, const std::string& environment,
                    Findings& findings) {
  Railway railway;
  railway.file = path;
  auto root = endsWith(path, ".toml") ? format::parseToml(text, path) : format::parseJsonNode(text, path);
  if (!root.ok()) {
    findings.problems.push_back(std::move(root).error());
    return railway;
  }
  const std::string name = path.substr(path.rfind('/') + 1);
  if (!root->isMapping()) {
    findings.problem(root->at, name + " is no object", "for example {\"deploy\": {\"healthcheckPath\": \"/health\"}}");
    return railway;
  }
  const Fields fields(&*root, name, findings);
  checkKeys(fields, kTop);
  checkKeys(fields.in("build"), kBuild);
  checkKeys(fields.in("deploy"), kDeploy);
  checkEnvironments(fields.in("environments"));
  const Node* environments = fields.find("environments");
  const Node* own = environments == nullptr ? nullptr : environments->find(environment);
  const Node build = overlaid(fields.find("build"), own == nullptr ? nullptr : own->find("build"));
  const Node deploy = overlaid(fields.find("deploy"), own == nullptr ? nullptr : own->find("deploy"));
  readBuild(Fields(&build, name + ".build", findings), railway);
  readDeploy(Fields(&deploy, name + ".deploy", findings), railway);
  return railway;
}

}  // namespace orbit::project

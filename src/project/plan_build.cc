// `image`, `build`, `pull_policy`, and whether the folder and the Dockerfile are there.
#include "project/dockerfile.h"
#include "project/plan.h"

namespace orbit::project {
namespace {

bool isRemote(std::string_view context) {
  return context.find("://") != std::string_view::npos || startsWith(context, "git@") ||
         startsWith(context, "github.com/");
}

void checkTarget(Planning& planning, const Fields& fields, const model::Build& build, std::string_view text,
                 const std::string& name) {
  if (build.target.empty()) return;
  const Dockerfile file = parseDockerfile(text);
  if (file.stages.empty() || findStage(file, build.target) != nullptr) return;
  std::vector<std::string_view> names;
  std::vector<std::string> shown;
  for (const auto& stage : file.stages) {
    if (stage.name.empty()) continue;
    names.push_back(stage.name);
    shown.push_back("`" + stage.name + "`");
  }
  const auto near = nearest(build.target, names);
  std::string hint = near.empty() ? "" : "did you mean `" + std::string(near) + "`?";
  if (hint.empty())
    hint = shown.empty() ? "name a stage there: FROM … AS " + build.target : "its stages are " + join(shown, ", ");
  planning.findings.problem(fields.at("target"),
                            fields.pathOf("target") + ": " + name + " has no stage `" + build.target + "`",
                            std::move(hint));
}

void checkFiles(Planning& planning, const Fields& fields, const model::Build& build) {
  if (isRemote(build.context)) return;
  const File* folder = fileOf(planning.snapshot, build.context, planning.needs);
  if (folder == nullptr) return;
  if (folder->kind != File::Kind::kFolder) {
    const bool absent = folder->kind == File::Kind::kAbsent;
    fields.problem("context",
                   (absent                                    ? "there is no folder "
                    : folder->kind == File::Kind::kUnreadable ? "cannot read "
                                                              : "not a folder: ") +
                       planning.shown(build.context),
                   "name the folder that holds the Dockerfile and what it copies");
    return;
  }
  if (!build.dockerfileInline.empty()) {
    checkTarget(planning, fields, build, build.dockerfileInline, "`dockerfile_inline`");
    return;
  }
  const std::string path = resolvePath(build.context, build.dockerfile.empty() ? "Dockerfile" : build.dockerfile);
  const File* file = fileOf(planning.snapshot, path, planning.needs);
  if (file == nullptr) return;
  const std::string shown = planning.shown(path);
  const std::string key = fields.has("dockerfile") ? "dockerfile" : "context";
  if (file->kind == File::Kind::kText) {
    checkTarget(planning, fields, build, file->text, shown);
  } else if (file->kind == File::Kind::kUnreadable) {
    fields.problem(key, shown + " cannot be read: " + file->reason, "let your user read it (chmod, chown)");
  } else {
    fields.problem(key, "there is no Dockerfile at " + shown,
                   "write one, or name it with `dockerfile:` (relative to the context)");
  }
}

model::Build planBuild(Planning& planning, const Fields& fields) {
  model::Build build;
  build.at = fields.node()->at;
  build.context = fields.text("context", planning.merged.workingDir);
  build.dockerfile = fields.text("dockerfile");
  build.dockerfileInline = fields.text("dockerfile_inline");
  if (!build.dockerfile.empty() && !build.dockerfileInline.empty()) {
    fields.problem("dockerfile_inline", "`dockerfile` and `dockerfile_inline` exclude each other", "keep one of them");
  }
  build.args = fields.optionalMap("args");
  for (auto& [key, value] : build.args) {
    if (!value) value = planning.environment.find(key);
  }
  build.labels = fields.map("labels");
  build.additionalContexts = fields.map("additional_contexts");
  build.target = fields.text("target");
  build.network = fields.text("network");
  build.isolation = fields.text("isolation");
  build.platforms = fields.strings("platforms");
  build.tags = fields.strings("tags");
  build.cacheFrom = fields.strings("cache_from");
  build.cacheTo = fields.strings("cache_to");
  build.extraHosts = fields.strings("extra_hosts");
  for (auto& host : build.extraHosts) {
    if (const auto equals = host.find('='); equals != std::string::npos) host[equals] = ':';
  }
  build.ssh = fields.strings("ssh");
  build.entitlements = fields.strings("entitlements");
  build.shmBytes = fields.bytes("shm_size").value_or(0);
  build.noCache = fields.isSet("no_cache");
  build.pull = fields.isSet("pull");
  build.privileged = fields.isSet("privileged");
  for (const auto& item : fields.items("secrets")) {
    const Fields one(&item, fields.pathOf("secrets"), fields.findings());
    const std::string source = one.text("source");
    if (checkReference(planning, "secrets", source, one.at("source"), one.path())) build.secrets.push_back(source);
  }
  checkFiles(planning, fields, build);
  return build;
}

void planPullPolicy(const Fields& fields, model::Service& service) {
  service.pullPolicy = fields.text("pull_policy");
  const std::string& policy = service.pullPolicy;
  if (policy == "if_not_present") service.pullPolicy = "missing";
  if (policy == "build" && !service.build) {
    fields.problem("pull_policy", "`build` needs a `build:` section", "add one, or use `missing`, `always` or `never`");
  }
  constexpr std::string_view kEvery = "every_";
  if (startsWith(policy, kEvery)) {
    // every_2w, every_12h: what follows is a duration.
    const format::Node span = format::Node::string(policy.substr(kEvery.size()), fields.at("pull_policy"));
    format::Node holder = format::Node::mapping();
    holder.set("pull_policy", span);
    static_cast<void>(Fields(&holder, fields.path(), fields.findings()).duration("pull_policy"));
    return;
  }
  fields.word("pull_policy", {"always", "never", "missing", "if_not_present", "build", "daily", "weekly"});
}

}  // namespace

void planImageAndBuild(Planning& planning, const Fields& fields, model::Service& service) {
  service.container.image = fields.text("image");
  service.container.platform = fields.text("platform");
  const std::string& image = service.container.image;
  if (image.find_first_of(" \t\n") != std::string::npos) {
    fields.problem("image", "`" + image + "` is no image name", "NAME, NAME:TAG or REGISTRY/NAME:TAG without spaces");
  }
  if (fields.has("build")) {
    service.build = planBuild(planning, fields.in("build"));
    service.build->platform = service.container.platform;
  } else if (fields.has("provider")) {
    fields.problem("provider", "services of a provider are not done yet",
                   "give it a profile so that it is left out, or run its part as an image");
  } else if (image.empty()) {
    planning.findings.problem(service.at, fields.path() + " has neither `image` nor `build`",
                              "say what it runs: `image: nginx:alpine`, or `build: ./folder`");
  }
  planPullPolicy(fields, service);
}

}  // namespace orbit::project

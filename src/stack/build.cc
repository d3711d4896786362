#include "stack/build.h"

#include "stack/names.h"

namespace orbit::stack {
namespace {

// A name that no folder holds, so that the folder's own Dockerfile stays what it is.
constexpr const char* kInlineDockerfile = ".orbit.inline.Dockerfile";

// `dockerfile` relative to the context, where it lies inside it.
std::string dockerfileIn(const model::Build& build) {
  if (!build.dockerfileInline.empty()) return kInlineDockerfile;
  if (build.dockerfile.empty()) return "Dockerfile";
  const std::string folder = build.context + "/";
  if (startsWith(build.dockerfile, folder)) return build.dockerfile.substr(folder.size());
  return build.dockerfile;
}

}  // namespace

NeededContext contextOf(const model::Service& service) {
  const model::Build& build = *service.build;
  return {service.name, build.context, dockerfileIn(build), build.dockerfileInline};
}

Result<engine::BuildRequest> buildRequest(const model::Plan& plan, const model::Service& service, std::string tag,
                                          const ImageOptions& options) {
  const model::Build& build = *service.build;
  if (!startsWith(build.context, "/")) {
    return Error{
        Code::kUnsupported,
        "service " + service.name + " is built from " + build.context + ", and contexts that are URLs are not done yet",
        "clone it beside the file and name the folder", build.at};
  }
  engine::BuildRequest request;
  request.tag = std::move(tag);
  request.dockerfile = dockerfileIn(build);
  request.target = build.target;
  request.network = build.network;
  request.platform = build.platform.empty() ? service.container.platform : build.platform;
  for (const auto& [name, value] : build.args) {
    if (value) request.args[name] = *value;
  }
  for (const auto& [name, value] : options.buildArgs) request.args[name] = value;
  request.labels = build.labels;
  if (options.buildComposeLabels) {
    request.labels[kProjectLabel] = plan.project;
    request.labels[kServiceLabel] = service.name;
    request.labels[kVersionLabel] = ORBIT_VERSION;
  }
  request.cacheFrom = build.cacheFrom;
  request.extraHosts = build.extraHosts;
  request.tags = build.tags;
  request.shmBytes = build.shmBytes;
  request.noCache = build.noCache || options.buildNoCache;
  request.pull = build.pull || options.buildPull;
  request.light = options.buildLight;
  const auto context = options.contexts.find(service.name);
  ORBIT_CHECK(context != options.contexts.end());
  request.contextFile = context->second;
  return request;
}

}  // namespace orbit::stack

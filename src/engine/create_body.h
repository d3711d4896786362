// What POST /containers/create takes for a container spec, as Docker Compose v2 would send it. Pure.
// Source: Docker Engine API, "Create a container"; volumes as the short form's binds unless they need the Mounts form.
#pragma once
#include <string>
#include <vector>

#include "engine/api_version.h"
#include "format/format.h"
#include "model/container_spec.h"

namespace orbit::engine {

struct CreateCall {
  std::string query;  // "?name=db&platform=linux%2Famd64" or ""
  format::Json body;
  std::vector<model::NetworkAttachment> connectAfter;  // networks this API version does not take at create
};

// Errors: kUnsupported, naming the API version an attribute needs.
Result<CreateCall> createCall(const std::string& name, const model::ContainerSpec& spec, ApiVersion version);

// One network's part: EndpointsConfig's value, also for POST /networks/{id}/connect.
format::Json endpointConfig(const model::NetworkAttachment& attachment, ApiVersion version);

// "source:target:rw,z" when the mount fits the short form, else "" (it goes into Mounts).
std::string bindText(const model::Mount& mount);

}  // namespace orbit::engine

// Bodies and queries of the engine's smaller calls. Pure. Source: Docker Engine API 1.41 to 1.52.
#pragma once
#include <string>

#include "engine/api_version.h"
#include "engine/engine.h"

namespace orbit::engine {

format::Json networkBody(const model::Network& network, ApiVersion version);
format::Json volumeBody(const model::Volume& volume);
format::Json execBody(const ExecOptions& options);
// "?filters=…" for objects that carry all `labels` ("" as value: any value), or "".
std::string labelFilter(const Labels& labels);
std::string eventFilter(const EventFilter& filter);

// A reference as POST /images/create and /images/{}/tag take it: "ghcr.io/a/b:1" → {"ghcr.io/a/b", "1"}; a missing tag
// is "latest"; a digest stands as the tag.
struct ImageName {
  std::string repository, tag;
};
ImageName splitReference(const std::string& reference);

// POST /build's query.
std::string buildQuery(const BuildRequest& request);

}  // namespace orbit::engine

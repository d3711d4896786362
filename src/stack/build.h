// A service's `build:` as the engine takes it. Thread rules: pure.
#pragma once
#include <string>

#include "stack/images.h"

namespace orbit::stack {

// What has to be packed for it, paths as the archive will have them.
NeededContext contextOf(const model::Service& service);

// The request that builds `tag`. Error kUnsupported for a context that is a URL.
Result<engine::BuildRequest> buildRequest(const model::Plan& plan, const model::Service& service, std::string tag,
                                          const ImageOptions& options);

}  // namespace orbit::stack

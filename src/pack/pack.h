// The door of pack: a folder into a tar archive by `.dockerignore` rules, and single files into one. The archive is
// reproducible: sorted names, owner 0:0, so that the same tree gives the same bytes (modification times are kept: the
// classic builder ignores them, BuildKit too). Thread rules: blocking; call from a worker or the CLI.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/base.h"

namespace orbit::pack {

// Called with the next piece of the archive; an error stops the packing.
using Sink = std::function<Status(std::string_view bytes)>;

struct ContextOptions {
  std::string dockerfile;        // path inside the context that is always taken in, as is `.dockerignore`
  std::string dockerfileInline;  // written as this name when not empty
};

// Packs a build context. `<dockerfile>.dockerignore` wins over `.dockerignore`. Symlinks are kept as links; sockets and
// devices are left out. Errors: kNotFound, kDenied with the path; kInvalid for malformed ignore rules.
Status packContext(const std::string& folder, const ContextOptions& options, const Sink& sink);

// One regular file as a tar archive, for putting configs and secrets into a container.
Result<std::string> packFile(const std::string& name, std::string_view content, std::uint32_t mode, int uid, int gid);

// Puts a file at the end of an archive on disk; readers take it instead of one of the same name before it. Errors:
// kInvalid for what is no whole archive; kIo, kNoSpace.
Status addToArchive(const std::string& path, const std::string& name, std::string_view content);

}  // namespace orbit::pack

// Builds with BuildKit through a docker command line client: the buildx plugin, else a client up to 20.10, which has
// BuildKit's client built in. Later clients without the plugin cannot. Thread rules: the thread of the Loop.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace orbit::engine {

struct BuildClient {
  std::string program;  // "/usr/bin/docker"
  bool buildx = false;
};

// "Docker version 20.10.24+dfsg1, build 297e128" → whether BuildKit is built in (18.09 to 20.10).
bool hasBuildKit(std::string_view versionLine);
// The clients to ask: each `docker` of PATH, then the usual places.
std::vector<std::string> clientCandidates(const std::string& path);
// The first that can build, or nullopt; also nullopt under DOCKER_BUILDKIT=0, docker's own switch.
net::Task<std::optional<BuildClient>> findBuildClient(net::Loop& loop, net::Wait wait);

// The command for a build whose context comes by standard input. Values of build arguments go by the environment, so
// that none is seen in a process list; but for names that would change the client itself.
net::Command buildCommand(const BuildClient& client, const BuildRequest& request, const std::string& hostUrl,
                          const EngineOptions& options);

// Lines of `--progress plain`: "#7 [2/3] RUN make" names step 7, "#7 0.31 cc -c a.c" is its output. Sans-I/O.
class PlainProgress {
 public:
  std::vector<Progress> feed(std::string_view bytes);
  std::vector<Progress> finish();
  // What a person needs to see of a failure: the last lines, without repeated headings.
  const std::vector<std::string>& tail() const { return tail_; }

 private:
  Progress line(std::string_view text);
  std::string pending_;
  std::map<std::string, std::string> steps_;  // "#7" → its heading
  std::vector<std::string> tail_;
};

// A failed build's error from its last lines.
Error buildError(const std::string& tag, const std::vector<std::string>& tail);

// Runs the build. Errors: kInvalid with the last lines, kNoSpace, kUnavailable (registry), kTimeout, kCancelled.
net::Task<Status> buildWithClient(net::Loop& loop, net::Command command, BuildRequest request, Sink<Progress> progress,
                                  net::Wait wait);

// Reads a file on disk piece by piece off the loop: the body of a classic build, the input of a client's.
class FileSource {
 public:
  FileSource(net::Loop& loop, std::string path);
  ~FileSource();
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  net::Task<Result<std::string>> next();  // "" at the end

 private:
  net::Loop& loop_;
  std::string path_;
  int descriptor_;
};

}  // namespace orbit::engine

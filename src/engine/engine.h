// The door of engine: the only room that speaks to Docker Engine (API 1.41 to 1.52, negotiated). An interface because
// there are two: the real one and a hand-written fake for the simulator; both sit the same contract suite.
//
// Every call takes a Wait (deadline and cancellation) and has a size limit. Errors: kNotFound, kConflict, kUnavailable
// (no engine, or it went away; retrySafe says whether nothing was changed), kNoSpace, kTimeout, kCancelled,
// kUnsupported (named with the API version it needs), kProtocol. An engine that restarts in the middle of a read is
// waited for and asked again; a change is repeated only where that is safe. Thread rules: the thread of its Loop.
#pragma once
#include <memory>

#include "engine/types.h"

namespace orbit::engine {

class Engine {
 public:
  virtual ~Engine() = default;

  // Awaited before a container is removed: whoever reads what it said reads it to its end first.
  using BeforeRemove = std::function<net::Task<void>(std::string id, net::Wait wait)>;
  void onRemove(BeforeRemove before) { beforeRemove_ = std::move(before); }

  virtual net::Task<Result<EngineInfo>> info(net::Wait wait) = 0;

  // Containers, running or not, that carry all of `labels` ("" as value: any value).
  virtual net::Task<Result<std::vector<ContainerSummary>>> listContainers(Labels labels, net::Wait wait) = 0;
  virtual net::Task<Result<ContainerDetail>> inspectContainer(std::string idOrName, net::Wait wait) = 0;
  // `spec` in the engine's own terms: networks and volumes by their real names, bind sources absolute. Joins every
  // network of the spec, also where the API takes only one at create. Returns the id. `name` "" lets the engine choose.
  virtual net::Task<Result<std::string>> createContainer(std::string name, model::ContainerSpec spec,
                                                         net::Wait wait) = 0;
  virtual net::Task<Status> startContainer(std::string id, net::Wait wait) = 0;
  // SIGTERM (or the container's own stop signal), then SIGKILL after `grace`. Ok when it was not running.
  virtual net::Task<Status> stopContainer(std::string id, std::optional<Duration> grace, net::Wait wait) = 0;
  virtual net::Task<Status> killContainer(std::string id, std::string signal, net::Wait wait) = 0;
  virtual net::Task<Status> renameContainer(std::string id, std::string name, net::Wait wait) = 0;
  // With its anonymous volumes when asked. Ok when it was not there.
  virtual net::Task<Status> removeContainer(std::string id, bool force, bool withVolumes, net::Wait wait) = 0;
  // Resolves with the exit code when the container is not running any more.
  virtual net::Task<Result<int>> waitContainer(std::string id, net::Wait wait) = 0;
  // Unpacks a tar archive at `path` inside a created container.
  virtual net::Task<Status> putArchive(std::string id, std::string path, std::string tar, net::Wait wait) = 0;

  virtual net::Task<Result<ImageDetail>> inspectImage(std::string reference, net::Wait wait) = 0;
  // Pulls with the credentials of ~/.docker/config.json (helpers included).
  virtual net::Task<Status> pullImage(std::string reference, std::string platform, Sink<Progress> progress,
                                      net::Wait wait) = 0;
  // Builds with buildx where installed, else a docker CLI with BuildKit built in (up to 20.10), else the classic
  // builder. Returns the image id.
  virtual net::Task<Result<std::string>> buildImage(BuildRequest request, Sink<Progress> progress, net::Wait wait) = 0;
  virtual net::Task<Status> removeImage(std::string reference, net::Wait wait) = 0;
  virtual net::Task<Status> tagImage(std::string reference, std::string tag, net::Wait wait) = 0;

  virtual net::Task<Result<std::vector<NetworkSummary>>> listNetworks(Labels labels, net::Wait wait) = 0;
  virtual net::Task<Result<NetworkSummary>> inspectNetwork(std::string idOrName, net::Wait wait) = 0;
  virtual net::Task<Result<std::string>> createNetwork(model::Network network, net::Wait wait) = 0;
  virtual net::Task<Status> removeNetwork(std::string idOrName, net::Wait wait) = 0;
  virtual net::Task<Status> connectNetwork(std::string network, std::string container, model::NetworkAttachment as,
                                           net::Wait wait) = 0;
  virtual net::Task<Status> disconnectNetwork(std::string network, std::string container, net::Wait wait) = 0;

  virtual net::Task<Result<std::vector<VolumeSummary>>> listVolumes(Labels labels, net::Wait wait) = 0;
  virtual net::Task<Result<VolumeSummary>> inspectVolume(std::string name, net::Wait wait) = 0;
  virtual net::Task<Status> createVolume(model::Volume volume, net::Wait wait) = 0;
  virtual net::Task<Status> removeVolume(std::string name, net::Wait wait) = 0;

  // Runs a command in a running container to its end; output beyond 64 KiB keeps its tail.
  virtual net::Task<Result<ExecResult>> exec(std::string id, ExecOptions options, net::Wait wait) = 0;
  // Interactive: the raw hijacked stream (framed unless tty) and the exec's id for resizing and its exit code.
  struct Session {
    std::string execId;  // "" for an attached container
    std::unique_ptr<net::Stream> stream;
  };
  virtual net::Task<Result<Session>> startExec(std::string id, ExecOptions options, net::Wait wait) = 0;
  virtual net::Task<Status> resizeExec(std::string execId, int columns, int rows, net::Wait wait) = 0;
  virtual net::Task<Result<int>> execExitCode(std::string execId, net::Wait wait) = 0;
  virtual net::Task<Result<Session>> attach(std::string id, net::Wait wait) = 0;
  virtual net::Task<Status> resizeContainer(std::string id, int columns, int rows, net::Wait wait) = 0;

  virtual net::Task<Status> logs(std::string id, LogOptions options, Sink<LogRecord> sink, net::Wait wait) = 0;
  virtual net::Task<Status> events(std::int64_t sinceUs, EventFilter filter, Sink<Event> sink, net::Wait wait) = 0;
  virtual net::Task<Result<StatsSample>> stats(std::string id, net::Wait wait) = 0;

  // Whether a TCP connection to a container's address is accepted; kUnsupported when the engine is not on this machine.
  virtual net::Task<Status> probeTcp(std::string address, int port, net::Wait wait) = 0;
  // One GET on a fresh connection to a container's address, as whoever probes it asks: the status and the first 2 KiB
  // of the body. A redirect is an answer. Errors: kUnavailable, kTimeout, kProtocol (what answers does not speak HTTP);
  // kUnsupported as above.
  struct HttpAnswer {
    int status = 0;
    std::string body;
  };
  virtual net::Task<Result<HttpAnswer>> probeHttp(std::string address, int port, std::string host, std::string path,
                                                  net::Wait wait) = 0;
  // TCP ports a running container listens on, with the address ("127.0.0.1", "0.0.0.0", "::"), from /proc/net/tcp.
  struct Listening {
    std::string address;
    int port = 0;
  };
  virtual net::Task<Result<std::vector<Listening>>> listening(std::string id, net::Wait wait) = 0;

 protected:
  BeforeRemove beforeRemove_;
};

// The engine at `host` (DOCKER_HOST's forms: unix://, tcp:// with DOCKER_TLS_VERIFY and DOCKER_CERT_PATH; "" = the
// default socket). Connects on first use.
struct EngineOptions {
  std::string host;
  bool tlsVerify = false;
  std::string certPath;
  std::string dockerConfigDir;  // for registry credentials; "" = ~/.docker
};
std::unique_ptr<Engine> connectEngine(net::Loop& loop, EngineOptions options);

// createContainer() by one whose predecessor may have died in the middle of the same: a create whose caller is gone
// goes on, and holds its name before the container is there to be found. Waits for that, up to 15 s; kConflict then, or
// at once where somebody has the name, as createContainer() answers. All references outlive the task.
net::Task<Result<std::string>> createNamed(net::Loop& loop, Engine& engine, std::string name, model::ContainerSpec spec,
                                           net::Wait wait);
// Whether it is that kConflict.
bool isNameTaken(const Error& error);

// Attributes in which a container differs from what `spec` would make of it, by compose names ("environment", "ports");
// what the image itself supplies does not count. For containers that another tool made (decision 7). Pure.
std::vector<std::string> differences(const model::ContainerSpec& spec, const ContainerDetail& container,
                                     const ImageDetail& image);

// Splits the engine's multiplexed stream (8-byte header: stream, size; attach, exec and logs without a tty) or a raw
// tty stream into pieces. Sans-I/O: feed bytes, take records.
class FrameReader {
 public:
  explicit FrameReader(bool tty) : tty_(tty) {}
  struct Piece {
    bool isError = false;
    std::string bytes;
  };
  // Errors: kProtocol for a header no engine sends.
  Result<std::vector<Piece>> feed(std::string_view bytes);

 private:
  bool tty_;
  std::string pending_;
};

}  // namespace orbit::engine

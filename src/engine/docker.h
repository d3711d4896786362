// The real engine: every call of the door over one Connection. Its parts stand in docker_*.cc, by noun.
#pragma once
#include <string>
#include <vector>

#include "engine/build_cli.h"
#include "engine/connection.h"
#include "engine/engine.h"

namespace orbit::engine {

class Docker final : public Engine {
 public:
  Docker(net::Loop& loop, EngineOptions options) : connection_(loop, std::move(options)) {}

  net::Task<Result<EngineInfo>> info(net::Wait wait) override;

  // docker_containers.cc
  net::Task<Result<std::vector<ContainerSummary>>> listContainers(Labels labels, net::Wait wait) override;
  net::Task<Result<ContainerDetail>> inspectContainer(std::string idOrName, net::Wait wait) override;
  net::Task<Result<std::string>> createContainer(std::string name, model::ContainerSpec spec, net::Wait wait) override;
  net::Task<Status> startContainer(std::string id, net::Wait wait) override;
  net::Task<Status> stopContainer(std::string id, std::optional<Duration> grace, net::Wait wait) override;
  net::Task<Status> killContainer(std::string id, std::string signal, net::Wait wait) override;
  net::Task<Status> renameContainer(std::string id, std::string name, net::Wait wait) override;
  net::Task<Status> removeContainer(std::string id, bool force, bool withVolumes, net::Wait wait) override;
  net::Task<Result<int>> waitContainer(std::string id, net::Wait wait) override;
  net::Task<Status> putArchive(std::string id, std::string path, std::string tar, net::Wait wait) override;

  // docker_images.cc
  net::Task<Result<ImageDetail>> inspectImage(std::string reference, net::Wait wait) override;
  net::Task<Status> pullImage(std::string reference, std::string platform, Sink<Progress> progress,
                              net::Wait wait) override;
  net::Task<Result<std::string>> buildImage(BuildRequest request, Sink<Progress> progress, net::Wait wait) override;
  net::Task<Status> removeImage(std::string reference, net::Wait wait) override;
  net::Task<Status> tagImage(std::string reference, std::string tag, net::Wait wait) override;

  // docker_objects.cc
  net::Task<Result<std::vector<NetworkSummary>>> listNetworks(Labels labels, net::Wait wait) override;
  net::Task<Result<NetworkSummary>> inspectNetwork(std::string idOrName, net::Wait wait) override;
  net::Task<Result<std::string>> createNetwork(model::Network network, net::Wait wait) override;
  net::Task<Status> removeNetwork(std::string idOrName, net::Wait wait) override;
  net::Task<Status> connectNetwork(std::string network, std::string container, model::NetworkAttachment as,
                                   net::Wait wait) override;
  net::Task<Status> disconnectNetwork(std::string network, std::string container, net::Wait wait) override;
  net::Task<Result<std::vector<VolumeSummary>>> listVolumes(Labels labels, net::Wait wait) override;
  net::Task<Result<VolumeSummary>> inspectVolume(std::string name, net::Wait wait) override;
  net::Task<Status> createVolume(model::Volume volume, net::Wait wait) override;
  net::Task<Status> removeVolume(std::string name, net::Wait wait) override;

  // docker_exec.cc
  net::Task<Result<ExecResult>> exec(std::string id, ExecOptions options, net::Wait wait) override;
  net::Task<Result<Session>> startExec(std::string id, ExecOptions options, net::Wait wait) override;
  net::Task<Status> resizeExec(std::string execId, int columns, int rows, net::Wait wait) override;
  net::Task<Result<int>> execExitCode(std::string execId, net::Wait wait) override;
  net::Task<Result<Session>> attach(std::string id, net::Wait wait) override;
  net::Task<Status> resizeContainer(std::string id, int columns, int rows, net::Wait wait) override;
  net::Task<Status> probeTcp(std::string address, int port, net::Wait wait) override;
  net::Task<Result<HttpAnswer>> probeHttp(std::string address, int port, std::string host, std::string path,
                                          net::Wait wait) override;
  net::Task<Result<std::vector<Listening>>> listening(std::string id, net::Wait wait) override;

  // docker_streams.cc
  net::Task<Status> logs(std::string id, LogOptions options, Sink<LogRecord> sink, net::Wait wait) override;
  net::Task<Status> events(std::int64_t sinceUs, EventFilter filter, Sink<Event> sink, net::Wait wait) override;
  net::Task<Result<StatsSample>> stats(std::string id, net::Wait wait) override;

 private:
  net::Task<Status> checkDialable(net::Wait wait);
  net::Task<Result<format::Json>> get(std::string path, net::Wait wait);
  // POST, PUT or DELETE whose answer's body does not matter.
  net::Task<Status> change(Call call, net::Wait wait, Duration fallback);
  net::Task<Result<std::string>> findCreated(std::string name, Labels labels, std::int64_t sinceUs, net::Wait wait);
  net::Task<Status> connectAll(std::string id, std::vector<model::NetworkAttachment> networks, net::Wait wait);
  net::Task<Result<std::string>> createExec(std::string id, ExecOptions options, net::Wait wait);
  net::Task<Result<std::unique_ptr<net::Stream>>> hijack(Call call, net::Wait wait);
  net::Task<Result<std::string>> buildClassic(BuildRequest request, Sink<Progress> progress, net::Wait wait);
  // The end of a pull's or build's stream. `brokeOff`: it was cut, rather than that the engine told an error.
  struct Followed {
    Status status;
    bool brokeOff = false;
  };
  net::Task<Status> endRemains(std::string id, net::Wait wait);
  net::Task<Followed> followProgress(http::Answer& answer, std::string subject, Sink<Progress> progress,
                                     net::Wait wait);

  Connection connection_;
  std::optional<bool> dialable_;                           // asked once, at the first probe
  std::optional<std::optional<BuildClient>> buildClient_;  // looked for once, at the first build
};

}  // namespace orbit::engine

// What the engine tells and takes, as plain data. Source: Docker Engine API 1.41 to 1.52.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "format/format.h"
#include "model/container_spec.h"
#include "model/network.h"
#include "model/volume.h"
#include "net/net.h"

namespace orbit::engine {

using Labels = std::map<std::string, std::string>;

struct EngineInfo {
  std::string version;     // "20.10.24"
  std::string apiVersion;  // the one negotiated, "1.41"
  std::string osType, architecture, storageDriver, rootDir, loggingDriver;
  int cgroupVersion = 1;
  bool swarmActive = false, liveRestore = false, local = true;  // local: container addresses can be dialled from here
  std::uint64_t diskBytes = 0, diskFreeBytes = 0;  // of the disk that holds rootDir; 0: not known (it is elsewhere)
};

enum class ContainerState { kCreated, kRunning, kPaused, kRestarting, kRemoving, kExited, kDead };
std::string_view stateName(ContainerState state);

struct ContainerSummary {
  std::string id, name, image, imageId;  // name without the leading '/'
  Labels labels;
  ContainerState state = ContainerState::kCreated;
  std::string statusText;  // "Up 3 minutes (healthy)"
  std::int64_t createdUs = 0;
  std::vector<model::Port> ports;                // published ones with their true host port
  std::string health;                            // "", starting, healthy, unhealthy
  std::map<std::string, std::string> addresses;  // network name → address
  std::vector<std::string> volumes;              // names of mounted volumes
};

struct MountPoint {
  std::string type, name, source, target;
};

struct ContainerDetail {
  ContainerSummary summary;
  int exitCode = 0;
  bool oomKilled = false;
  std::string error;  // the engine's own word when a start failed
  std::int64_t startedUs = 0, finishedUs = 0;
  int pid = 0, restartCount = 0;
  bool tty = false, openStdin = false;
  std::vector<MountPoint> mounts;
  format::Json config, hostConfig, networkSettings;  // as the engine has them, for differences()
};

struct ImageDetail {
  std::string id;
  std::vector<std::string> tags, digests;
  std::vector<std::string> command, entrypoint;
  std::vector<std::string> exposedPorts;  // "80/tcp"
  std::vector<std::string> volumes;
  std::optional<model::HealthCheck> healthCheck;
  std::int64_t createdUs = 0, sizeBytes = 0;
  format::Json config;
};

struct NetworkSummary {
  std::string id, name, driver;
  Labels labels;
  bool internal = false;
  std::vector<std::string> containers;  // ids, filled by inspectNetwork only
};

struct VolumeSummary {
  std::string name, driver;
  Labels labels;
};

// A piece of a container's output.
struct LogRecord {
  bool isError = false;
  std::int64_t timeUs = 0;  // 0 unless timestamps were asked for
  std::string text;         // without the line's end; may be one part of a long line
  bool partial = false;     // more of the same line follows
};

struct LogOptions {
  bool follow = false;
  std::int64_t sinceUs = 0, untilUs = 0;
  int tail = -1;  // -1 = all
  // A stream that breaks off fails with kUnavailable instead of being taken up again: the reader keeps its own place.
  bool once = false;
};

// Which events to be told of: those that carry all of `labels`, of these actions only ("start"); none: of all.
struct EventFilter {
  Labels labels;
  std::vector<std::string> actions = {};
};

struct Event {
  std::string type, action, id;
  Labels attributes;
  std::int64_t timeUs = 0;
};

// Progress of a pull or a build.
struct Progress {
  std::string step;                     // a layer's id, a build step's heading
  std::string text;                     // a state or an output line
  std::int64_t current = 0, total = 0;  // bytes, 0 when unknown
};

struct BuildRequest {
  std::string tag;         // the image's name
  std::string dockerfile;  // path inside the context
  std::string target, network, platform;
  std::map<std::string, std::string> args, labels;
  std::vector<std::string> cacheFrom, extraHosts, tags;
  std::int64_t shmBytes = 0;
  bool noCache = false, pull = false;
  bool light = false;       // with the least weight beside what serves (build_weight.h)
  std::string contextFile;  // a tar archive on disk
};

struct ExecOptions {
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string user, workingDir;
  bool tty = false, stdin = false, privileged = false, detach = false;
};

struct ExecResult {
  int exitCode = 0;
  std::string output;  // both streams, bounded, the tail kept
};

struct StatsSample {
  std::int64_t timeUs = 0;
  std::uint64_t cpuNs = 0, systemCpuNs = 0;
  int cpus = 0;
  std::uint64_t memoryBytes = 0, memoryLimitBytes = 0;  // without page cache, as `docker stats` shows
  std::uint64_t networkReceivedBytes = 0, networkSentBytes = 0, blockReadBytes = 0, blockWrittenBytes = 0, pids = 0;
};

// Called for each piece of a stream; awaited, so a slow reader slows the stream. An error ends it.
template <class T>
using Sink = std::function<net::Task<Status>(T)>;

}  // namespace orbit::engine

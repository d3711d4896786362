// What one container shall be: the part of a service that the engine's create call takes. Plain data, every value
// already interpolated and in normal form; an absent optional leaves the image's or the engine's default.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/health_check.h"

namespace orbit::model {

struct Mount {
  enum class Type { kBind, kVolume, kTmpfs };
  Type type = Type::kVolume;
  std::string source;  // bind: absolute host path; volume: key under `volumes:` ("" = anonymous); tmpfs: ""
  std::string target;  // absolute path in the container
  bool readOnly = false;
  std::string bindPropagation;     // "", "rprivate", …
  bool bindCreateHostPath = true;  // short syntax creates the folder; long syntax by `create_host_path`
  std::string selinux;             // "", "z", "Z"
  bool volumeNoCopy = false;
  std::string volumeSubpath;
  std::int64_t tmpfsBytes = 0;  // 0 = unlimited
  std::uint32_t tmpfsMode = 0;  // 0 = engine's default
  bool operator==(const Mount&) const = default;
};

struct Port {
  int target = 0;                // in the container
  std::string published;         // "", "8080" or a range "8000-8010" from which the engine takes a free one
  std::string hostIp;            // "" = all
  std::string protocol = "tcp";  // tcp, udp, sctp
  std::string mode = "ingress";
  std::string name;
  std::string appProtocol;
  bool operator==(const Port&) const = default;
};

struct Ulimit {
  std::string name;
  std::int64_t soft = 0;
  std::int64_t hard = 0;
  bool operator==(const Ulimit&) const = default;
};

struct Device {
  std::string source;
  std::string target;
  std::string permissions = "rwm";
  bool operator==(const Device&) const = default;
};

struct DeviceRequest {  // GPUs: deploy.resources.reservations.devices and `gpus`
  std::string driver;
  std::int64_t count = 0;  // -1 = all
  std::vector<std::string> ids;
  std::vector<std::string> capabilities;
  std::map<std::string, std::string> options;
  bool operator==(const DeviceRequest&) const = default;
};

// How a service joins one network.
struct NetworkAttachment {
  std::string network;  // key under `networks:`
  std::vector<std::string> aliases;
  std::string ipv4Address;
  std::string ipv6Address;
  std::vector<std::string> linkLocalIps;
  std::string macAddress;
  std::map<std::string, std::string> driverOptions;
  int priority = 0;
  bool operator==(const NetworkAttachment&) const = default;
};

// A config or secret as a file in the container.
struct FileGrant {
  std::string source;  // key under `configs:` or `secrets:`
  std::string target;  // absolute path in the container
  std::string uid, gid;
  std::uint32_t mode = 0444;
  bool operator==(const FileGrant&) const = default;
};

struct ContainerSpec {
  std::string image;
  std::optional<std::vector<std::string>> command;                // absent: the image's; empty list: cleared
  std::optional<std::vector<std::string>> entrypoint;             // likewise
  std::map<std::string, std::optional<std::string>> environment;  // nullopt: named without a value: unset
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  std::vector<Port> ports;
  std::vector<std::string> expose;  // "8000/tcp"
  std::vector<Mount> mounts;
  std::vector<NetworkAttachment> networks;  // by priority, the highest first
  std::string networkMode;                  // "", "host", "none", "bridge", "service:NAME", "container:NAME"
  std::vector<FileGrant> configs;
  std::vector<FileGrant> secrets;
  std::optional<HealthCheck> healthCheck;  // absent: the image's
  std::string restartPolicy;               // "", "no", "always", "on-failure", "unless-stopped"
  int restartMaxRetries = 0;
  std::optional<bool> init;
  std::string user, workingDir, hostname, domainName, macAddress;
  std::vector<std::string> extraHosts;  // "name:address"
  std::vector<std::string> dns, dnsSearch, dnsOptions;
  std::vector<std::string> capAdd, capDrop, securityOptions, groupAdd, deviceCgroupRules;
  std::vector<Device> devices;
  std::vector<DeviceRequest> deviceRequests;
  bool privileged = false;
  bool readOnly = false;
  std::vector<Ulimit> ulimits;
  std::map<std::string, std::string> sysctls;
  std::map<std::string, std::string> storageOptions;
  std::int64_t shmBytes = 0;
  std::int64_t memoryBytes = 0, memoryReservationBytes = 0, memorySwapBytes = 0;  // swap -1 = unlimited
  std::optional<int> memorySwappiness;
  std::int64_t nanoCpus = 0;  // 1.5 CPUs = 1'500'000'000
  std::int64_t cpuShares = 0, cpuPeriodUs = 0, cpuQuotaUs = 0, cpuRealtimePeriodUs = 0, cpuRealtimeRuntimeUs = 0;
  std::string cpuSet;
  std::int64_t pidsLimit = 0;
  int oomScoreAdjust = 0;
  bool oomKillDisable = false;
  int blkioWeight = 0;
  std::string stopSignal;
  std::optional<Duration> stopGrace;  // absent: 10 s
  std::string logDriver;
  std::map<std::string, std::string> logOptions;
  std::string platform;
  std::string ipcMode, pidMode, utsMode, cgroupMode, cgroupParent, usernsMode, isolation, runtime;
  bool stdinOpen = false;
  bool stdinOnce = false;  // standard input ends with the first attached client's (`run`)
  bool tty = false;
  bool operator==(const ContainerSpec&) const = default;
};

}  // namespace orbit::model

#include "project/schema_shapes.h"

namespace orbit::project {
namespace {

constexpr Shape kString{kText};
constexpr Shape kCount{kNumber};
constexpr Shape kBool{kFlag};
constexpr Shape kSwitchOrText{kText | kFlag};
constexpr Shape kAnyScalar{kScalar};
constexpr Shape kAnything{kScalar | kList | kMap};
constexpr Shape kStrings{kList, &kString};
constexpr Shape kStringOrStrings{kText | kList, &kString};
constexpr Shape kPairs{kList | kMap, &kString, &kAnyScalar};  // list "KEY=value" or mapping
constexpr Shape kOptions{kMap, nullptr, &kAnyScalar};
constexpr Shape kCommand{kText | kList | kNothing, &kString};
constexpr Shape kHosts{kList | kMap, &kString, &kStringOrStrings};

constexpr Key kLimitPairKeys[] = {{"soft", &kCount, "soft: 20000"}, {"hard", &kCount, "hard: 40000"}};
constexpr Shape kUlimit{kNumber | kMap, nullptr, nullptr, kLimitPairKeys};
constexpr Shape kUlimits{kMap, nullptr, &kUlimit};

constexpr Key kExternalKeys[] = {{"name", &kString, "name: shared"}};
constexpr Shape kExternal{kFlag | kMap, nullptr, nullptr, kExternalKeys};

constexpr Key kGrantKeys[] = {{"source", &kString, "source: server_cert"},
                              {"target", &kString, "target: server.crt"},
                              {"uid", &kString, "uid: \"103\""},
                              {"gid", &kString, "gid: \"103\""},
                              {"mode", &kCount, "mode: 0440"}};
constexpr Shape kGrant{kText | kMap, nullptr, nullptr, kGrantKeys};
constexpr Shape kGrants{kList, &kGrant};

constexpr Key kBuildKeys[] = {
    {"context", &kString, "context: ./backend"},
    {"dockerfile", &kString, "dockerfile: Dockerfile"},
    {"dockerfile_inline", &kString, "dockerfile_inline: \"FROM alpine\""},
    {"target", &kString, "target: dev"},
    {"args", &kPairs, "args: {VERSION: \"1\"}"},
    {"labels", &kPairs, "labels: {team: web}"},
    {"network", &kString, "network: host"},
    {"shm_size", &kString, "shm_size: 256mb"},
    {"additional_contexts", &kPairs, "additional_contexts: {assets: ./assets}"},
    {"cache_from", &kStrings, "cache_from: [\"app:latest\"]"},
    {"cache_to", &kStrings, "cache_to: [\"type=local,dest=./cache\"]"},
    {"entitlements", &kStrings, "entitlements: [network.host]"},
    {"extra_hosts", &kHosts, "extra_hosts: [\"registry=10.0.0.5\"]"},
    {"isolation", &kString, "isolation: default"},
    {"no_cache", &kBool, "no_cache: true"},
    {"no_cache_filter", &kStringOrStrings, "no_cache_filter: [dev]"},
    {"platforms", &kStrings, "platforms: [linux/amd64]"},
    {"privileged", &kBool, "privileged: true"},
    {"provenance", &kSwitchOrText, "provenance: false"},
    {"sbom", &kSwitchOrText, "sbom: false"},
    {"pull", &kBool, "pull: true"},
    {"secrets", &kGrants, "secrets: [token]"},
    {"ssh", &kPairs, "ssh: [default]"},
    {"tags", &kStrings, "tags: [\"app:dev\"]"},
    {"ulimits", &kUlimits, "ulimits: {nofile: 20000}"},
};
constexpr Shape kBuild{kText | kMap, nullptr, nullptr, kBuildKeys};

constexpr Key kPortKeys[] = {
    {"target", &kCount, "target: 80"},
    {"published", &kString, "published: \"8080\""},
    {"host_ip", &kString, "host_ip: 127.0.0.1"},
    {"protocol", &kString, "protocol: tcp"},
    {"mode", &kString, "mode: host"},
    {"name", &kString, "name: web"},
    {"app_protocol", &kString, "app_protocol: http"},
};
constexpr Shape kPort{kText | kMap, nullptr, nullptr, kPortKeys};
constexpr Shape kPorts{kList, &kPort};

constexpr Key kBindKeys[] = {{"propagation", &kString, "propagation: rslave"},
                             {"create_host_path", &kBool, "create_host_path: true"},
                             {"recursive", &kString, "recursive: enabled"},
                             {"selinux", &kString, "selinux: z"}};
constexpr Shape kBind{kMap, nullptr, nullptr, kBindKeys};
constexpr Key kVolumeOptionKeys[] = {{"nocopy", &kBool, "nocopy: true"},
                                     {"subpath", &kString, "subpath: data"},
                                     {"labels", &kPairs, "labels: {team: web}"}};
constexpr Shape kVolumeOption{kMap, nullptr, nullptr, kVolumeOptionKeys};
constexpr Key kTmpfsKeys[] = {{"size", &kString, "size: 64mb"}, {"mode", &kCount, "mode: 0755"}};
constexpr Shape kTmpfs{kMap, nullptr, nullptr, kTmpfsKeys};
constexpr Key kImageMountKeys[] = {{"subpath", &kString, "subpath: data"}};
constexpr Shape kImageMount{kMap, nullptr, nullptr, kImageMountKeys};
constexpr Key kMountKeys[] = {
    {"type", &kString, "type: bind"},
    {"source", &kString, "source: ./data"},
    {"target", &kString, "target: /data"},
    {"read_only", &kBool, "read_only: true"},
    {"consistency", &kString, "consistency: cached"},
    {"bind", &kBind, "bind: {create_host_path: true}"},
    {"volume", &kVolumeOption, "volume: {nocopy: true}"},
    {"tmpfs", &kTmpfs, "tmpfs: {size: 64mb}"},
    {"image", &kImageMount, "image: {subpath: data}"},
};
constexpr Shape kMount{kText | kMap, nullptr, nullptr, kMountKeys};
constexpr Shape kMounts{kList, &kMount};

constexpr Key kAttachmentKeys[] = {
    {"aliases", &kStrings, "aliases: [database]"},
    {"interface_name", &kString, "interface_name: eth1"},
    {"ipv4_address", &kString, "ipv4_address: 172.16.238.10"},
    {"ipv6_address", &kString, "ipv6_address: 2001:db8::10"},
    {"link_local_ips", &kStrings, "link_local_ips: [169.254.8.8]"},
    {"mac_address", &kString, "mac_address: 02:42:ac:11:00:02"},
    {"driver_opts", &kOptions, "driver_opts: {key: value}"},
    {"priority", &kCount, "priority: 1000"},
    {"gw_priority", &kCount, "gw_priority: 1"},
};
constexpr Shape kAttachment{kMap, nullptr, nullptr, kAttachmentKeys};
constexpr Shape kAttachments{kList | kMap, &kString, &kAttachment};

constexpr Key kDependencyKeys[] = {{"condition", &kString, "condition: service_healthy"},
                                   {"restart", &kBool, "restart: true"},
                                   {"required", &kBool, "required: false"}};
constexpr Shape kDependency{kMap, nullptr, nullptr, kDependencyKeys};
constexpr Shape kDependencies{kList | kMap, &kString, &kDependency};

constexpr Shape kTest{kText | kList | kNothing, &kString};
constexpr Key kHealthKeys[] = {
    {"test", &kTest, "test: [\"CMD\", \"redis-cli\", \"ping\"]"},
    {"interval", &kString, "interval: 5s"},
    {"timeout", &kString, "timeout: 5s"},
    {"retries", &kCount, "retries: 5"},
    {"start_period", &kString, "start_period: 30s"},
    {"start_interval", &kString, "start_interval: 1s"},
    {"disable", &kBool, "disable: true"},
};
constexpr Shape kHealth{kMap, nullptr, nullptr, kHealthKeys};

constexpr Key kEnvFileKeys[] = {{"path", &kString, "path: ./backend.env"},
                                {"required", &kBool, "required: false"},
                                {"format", &kString, "format: raw"}};
constexpr Shape kEnvFileItem{kText | kMap, nullptr, nullptr, kEnvFileKeys};
constexpr Shape kEnvFile{kText | kList, &kEnvFileItem};

constexpr Key kDeviceRequestKeys[] = {{"capabilities", &kStrings, "capabilities: [gpu]"},
                                      {"driver", &kString, "driver: nvidia"},
                                      {"count", &kString, "count: 1"},
                                      {"device_ids", &kStrings, "device_ids: [\"0\"]"},
                                      {"options", &kPairs, "options: {virtualization: \"false\"}"}};
constexpr Shape kDeviceRequest{kMap, nullptr, nullptr, kDeviceRequestKeys};
constexpr Shape kDeviceRequests{kList, &kDeviceRequest};
constexpr Shape kGpus{kText | kList, &kDeviceRequest};

constexpr Key kLimitsKeys[] = {
    {"cpus", &kCount, "cpus: \"0.50\""}, {"memory", &kString, "memory: 512M"}, {"pids", &kCount, "pids: 100"}};
constexpr Shape kLimits{kMap, nullptr, nullptr, kLimitsKeys};
constexpr Key kReservationKeys[] = {{"cpus", &kCount, "cpus: \"0.25\""},
                                    {"memory", &kString, "memory: 128M"},
                                    {"generic_resources", &kAnything, "generic_resources: []"},
                                    {"devices", &kDeviceRequests, "devices: [{capabilities: [gpu], count: 1}]"}};
constexpr Shape kReservations{kMap, nullptr, nullptr, kReservationKeys};
constexpr Key kResourcesKeys[] = {{"limits", &kLimits, "limits: {memory: 512M}"},
                                  {"reservations", &kReservations, "reservations: {memory: 128M}"}};
constexpr Shape kResources{kMap, nullptr, nullptr, kResourcesKeys};
constexpr Key kRestartKeys[] = {{"condition", &kString, "condition: on-failure"},
                                {"delay", &kString, "delay: 5s"},
                                {"max_attempts", &kCount, "max_attempts: 3"},
                                {"window", &kString, "window: 120s"}};
constexpr Shape kRestart{kMap, nullptr, nullptr, kRestartKeys};
constexpr Key kUpdateKeys[] = {{"parallelism", &kCount, "parallelism: 2"},
                               {"delay", &kString, "delay: 10s"},
                               {"failure_action", &kString, "failure_action: rollback"},
                               {"monitor", &kString, "monitor: 60s"},
                               {"max_failure_ratio", &kCount, "max_failure_ratio: 0.1"},
                               {"order", &kString, "order: start-first"}};
constexpr Shape kUpdate{kMap, nullptr, nullptr, kUpdateKeys};
constexpr Key kDeployKeys[] = {
    {"mode", &kString, "mode: replicated"},
    {"replicas", &kCount, "replicas: 2"},
    {"labels", &kPairs, "labels: {team: web}"},
    {"resources", &kResources, "resources: {limits: {memory: 512M}}"},
    {"restart_policy", &kRestart, "restart_policy: {condition: on-failure}"},
    {"update_config", &kUpdate, "update_config: {order: start-first}"},
    {"rollback_config", &kUpdate, "rollback_config: {parallelism: 1}"},
    {"endpoint_mode", &kString, "endpoint_mode: vip"},
    {"placement", &kAnything, "placement: {constraints: []}"},
};
constexpr Shape kDeploy{kMap, nullptr, nullptr, kDeployKeys};

constexpr Key kLoggingKeys[] = {{"driver", &kString, "driver: json-file"},
                                {"options", &kOptions, "options: {max-size: 10m}"}};
constexpr Shape kLogging{kMap, nullptr, nullptr, kLoggingKeys};

constexpr Key kDeviceKeys[] = {{"source", &kString, "source: /dev/ttyUSB0"},
                               {"target", &kString, "target: /dev/ttyUSB0"},
                               {"permissions", &kString, "permissions: rw"}};
constexpr Shape kDevice{kText | kMap, nullptr, nullptr, kDeviceKeys};
constexpr Shape kDevices{kList, &kDevice};

constexpr Key kRateKeys[] = {{"path", &kString, "path: /dev/sda"}, {"rate", &kString, "rate: 12mb"}};
constexpr Shape kRate{kMap, nullptr, nullptr, kRateKeys};
constexpr Shape kRates{kList, &kRate};
constexpr Key kWeightKeys[] = {{"path", &kString, "path: /dev/sda"}, {"weight", &kCount, "weight: 400"}};
constexpr Shape kWeight{kMap, nullptr, nullptr, kWeightKeys};
constexpr Shape kWeights{kList, &kWeight};
constexpr Key kBlkioKeys[] = {{"weight", &kCount, "weight: 300"},
                              {"weight_device", &kWeights, "weight_device: [{path: /dev/sda, weight: 400}]"},
                              {"device_read_bps", &kRates, "device_read_bps: [{path: /dev/sda, rate: 12mb}]"},
                              {"device_read_iops", &kRates, "device_read_iops: [{path: /dev/sda, rate: 120}]"},
                              {"device_write_bps", &kRates, "device_write_bps: [{path: /dev/sda, rate: 12mb}]"},
                              {"device_write_iops", &kRates, "device_write_iops: [{path: /dev/sda, rate: 120}]"}};
constexpr Shape kBlkio{kMap, nullptr, nullptr, kBlkioKeys};

constexpr Key kExtendsKeys[] = {{"service", &kString, "service: base"}, {"file", &kString, "file: common.yml"}};
constexpr Shape kExtends{kText | kMap, nullptr, nullptr, kExtendsKeys};

constexpr Key kCredentialKeys[] = {{"config", &kString, "config: spec"},
                                   {"file", &kString, "file: spec.json"},
                                   {"registry", &kString, "registry: spec"}};
constexpr Shape kCredential{kMap, nullptr, nullptr, kCredentialKeys};
constexpr Shape kFreeMap{kMap, nullptr, &kAnything};
constexpr Shape kFreeList{kList, &kAnything};
constexpr Shape kFreeListOrMap{kList | kMap, &kAnything, &kAnything};

constexpr Key kServiceKeys[] = {
    {"annotations", &kPairs, "annotations: {com.example.team: web}"},
    {"attach", &kBool, "attach: false"},
    {"blkio_config", &kBlkio, "blkio_config: {weight: 300}"},
    {"build", &kBuild, "build: ./backend"},
    {"cap_add", &kStrings, "cap_add: [NET_ADMIN]"},
    {"cap_drop", &kStrings, "cap_drop: [ALL]"},
    {"cgroup", &kString, "cgroup: host"},
    {"cgroup_parent", &kString, "cgroup_parent: m-executor-abcd"},
    {"command", &kCommand, "command: [\"npm\", \"run\", \"dev\"]"},
    {"configs", &kGrants, "configs: [nginx_conf]"},
    {"container_name", &kString, "container_name: shop-db"},
    {"cpu_count", &kCount, "cpu_count: 2"},
    {"cpu_percent", &kCount, "cpu_percent: 50"},
    {"cpu_period", &kString, "cpu_period: 100000"},
    {"cpu_quota", &kString, "cpu_quota: 50000"},
    {"cpu_rt_period", &kString, "cpu_rt_period: 1400us"},
    {"cpu_rt_runtime", &kString, "cpu_rt_runtime: 400ms"},
    {"cpu_shares", &kCount, "cpu_shares: 512"},
    {"cpus", &kCount, "cpus: 0.5"},
    {"cpuset", &kString, "cpuset: 0,1"},
    {"credential_spec", &kCredential, "credential_spec: {file: spec.json}"},
    {"depends_on", &kDependencies, "depends_on: [db]"},
    {"deploy", &kDeploy, "deploy: {replicas: 2}"},
    {"develop", &kFreeMap, "develop: {watch: []}"},
    {"device_cgroup_rules", &kStrings, "device_cgroup_rules: [\"c 1:3 mr\"]"},
    {"devices", &kDevices, "devices: [\"/dev/ttyUSB0:/dev/ttyUSB0\"]"},
    {"dns", &kStringOrStrings, "dns: 8.8.8.8"},
    {"dns_opt", &kStringOrStrings, "dns_opt: [use-vc]"},
    {"dns_search", &kStringOrStrings, "dns_search: example.com"},
    {"domainname", &kString, "domainname: example.com"},
    {"entrypoint", &kCommand, "entrypoint: [\"/entrypoint.sh\"]"},
    {"env_file", &kEnvFile, "env_file: .env"},
    {"environment", &kPairs, "environment: {LOG_LEVEL: debug}"},
    {"expose", &kStrings, "expose: [\"8000\"]"},
    {"extends", &kExtends, "extends: {file: common.yml, service: base}"},
    {"external_links", &kStrings, "external_links: [\"redis_1:redis\"]"},
    {"extra_hosts", &kHosts, "extra_hosts: [\"host.docker.internal=host-gateway\"]"},
    {"gpus", &kGpus, "gpus: all"},
    {"group_add", &kStrings, "group_add: [mail]"},
    {"healthcheck", &kHealth, "healthcheck: {test: [\"CMD\", \"redis-cli\", \"ping\"], interval: 5s}"},
    {"hostname", &kString, "hostname: db"},
    {"image", &kString, "image: postgres:15"},
    {"init", &kBool, "init: true"},
    {"ipc", &kString, "ipc: host"},
    {"isolation", &kString, "isolation: default"},
    {"label_file", &kStringOrStrings, "label_file: ./app.labels"},
    {"labels", &kPairs, "labels: {team: web}"},
    {"links", &kStrings, "links: [db]"},
    {"logging", &kLogging, "logging: {driver: json-file, options: {max-size: 10m}}"},
    {"mac_address", &kString, "mac_address: 02:42:ac:11:65:43"},
    {"mem_limit", &kString, "mem_limit: 512m"},
    {"mem_reservation", &kString, "mem_reservation: 128m"},
    {"mem_swappiness", &kCount, "mem_swappiness: 10"},
    {"memswap_limit", &kString, "memswap_limit: 1g"},
    {"models", &kFreeListOrMap, "models: [llm]"},
    {"network_mode", &kString, "network_mode: host"},
    {"networks", &kAttachments, "networks: [front]"},
    {"oom_kill_disable", &kBool, "oom_kill_disable: true"},
    {"oom_score_adj", &kCount, "oom_score_adj: 500"},
    {"pid", &kString, "pid: host"},
    {"pids_limit", &kCount, "pids_limit: 100"},
    {"platform", &kString, "platform: linux/amd64"},
    {"ports", &kPorts, "ports: [\"8080:80\"]"},
    {"post_start", &kFreeList, "post_start: []"},
    {"pre_start", &kFreeList, "pre_start: []"},
    {"pre_stop", &kFreeList, "pre_stop: []"},
    {"privileged", &kBool, "privileged: true"},
    {"profiles", &kStrings, "profiles: [debug]"},
    {"provider", &kFreeMap, "provider: {type: model}"},
    {"pull_policy", &kString, "pull_policy: always"},
    {"pull_refresh_after", &kString, "pull_refresh_after: 24h"},
    {"read_only", &kBool, "read_only: true"},
    {"restart", &kString, "restart: unless-stopped"},
    {"runtime", &kString, "runtime: runc"},
    {"scale", &kCount, "scale: 2"},
    {"secrets", &kGrants, "secrets: [db_password]"},
    {"security_opt", &kStrings, "security_opt: [\"no-new-privileges:true\"]"},
    {"shm_size", &kString, "shm_size: 64mb"},
    {"stdin_open", &kBool, "stdin_open: true"},
    {"stop_grace_period", &kString, "stop_grace_period: 30s"},
    {"stop_signal", &kString, "stop_signal: SIGTERM"},
    {"storage_opt", &kOptions, "storage_opt: {size: 1G}"},
    {"sysctls", &kPairs, "sysctls: {net.core.somaxconn: 1024}"},
    {"tmpfs", &kStringOrStrings, "tmpfs: /run"},
    {"tty", &kBool, "tty: true"},
    {"ulimits", &kUlimits, "ulimits: {nofile: 20000}"},
    {"use_api_socket", &kBool, "use_api_socket: true"},
    {"user", &kString, "user: \"1000:1000\""},
    {"userns_mode", &kString, "userns_mode: host"},
    {"uts", &kString, "uts: host"},
    {"volumes", &kMounts, "volumes: [\"./data:/data\"]"},
    {"volumes_from", &kStrings, "volumes_from: [db]"},
    {"working_dir", &kString, "working_dir: /app"},
};

constexpr Key kPoolKeys[] = {{"subnet", &kString, "subnet: 172.28.0.0/16"},
                             {"gateway", &kString, "gateway: 172.28.5.254"},
                             {"ip_range", &kString, "ip_range: 172.28.5.0/24"},
                             {"aux_addresses", &kOptions, "aux_addresses: {host1: 172.28.1.5}"}};
constexpr Shape kPool{kMap, nullptr, nullptr, kPoolKeys};
constexpr Shape kPools{kList, &kPool};
constexpr Key kIpamKeys[] = {{"driver", &kString, "driver: default"},
                             {"config", &kPools, "config: [{subnet: 172.28.0.0/16}]"},
                             {"options", &kOptions, "options: {foo: bar}"}};
constexpr Shape kIpam{kMap, nullptr, nullptr, kIpamKeys};
constexpr Key kNetworkKeys[] = {
    {"name", &kString, "name: shared"},
    {"driver", &kString, "driver: bridge"},
    {"driver_opts", &kOptions, "driver_opts: {com.docker.network.driver.mtu: \"1400\"}"},
    {"ipam", &kIpam, "ipam: {config: [{subnet: 172.28.0.0/16}]}"},
    {"external", &kExternal, "external: true"},
    {"internal", &kBool, "internal: true"},
    {"enable_ipv4", &kBool, "enable_ipv4: true"},
    {"enable_ipv6", &kBool, "enable_ipv6: true"},
    {"attachable", &kBool, "attachable: true"},
    {"labels", &kPairs, "labels: {team: web}"},
};
constexpr Shape kNetwork{kMap, nullptr, nullptr, kNetworkKeys};
constexpr Shape kNetworks{kMap, nullptr, &kNetwork};

constexpr Key kVolumeKeys[] = {
    {"name", &kString, "name: shared"},
    {"driver", &kString, "driver: local"},
    {"driver_opts", &kOptions, "driver_opts: {type: tmpfs, device: tmpfs}"},
    {"external", &kExternal, "external: true"},
    {"labels", &kPairs, "labels: {team: web}"},
};
constexpr Shape kVolume{kMap, nullptr, nullptr, kVolumeKeys};
constexpr Shape kVolumes{kMap, nullptr, &kVolume};

constexpr Key kFileObjectKeys[] = {
    {"file", &kString, "file: ./server.conf"},
    {"environment", &kString, "environment: DB_PASSWORD"},
    {"content", &kString, "content: \"debug=true\""},
    {"external", &kExternal, "external: true"},
    {"name", &kString, "name: server_conf"},
    {"labels", &kPairs, "labels: {team: web}"},
    {"driver", &kString, "driver: custom"},
    {"driver_opts", &kOptions, "driver_opts: {key: value}"},
    {"template_driver", &kString, "template_driver: golang"},
};
constexpr Shape kFileObject{kMap, nullptr, nullptr, kFileObjectKeys};
constexpr Shape kFileObjects{kMap, nullptr, &kFileObject};

constexpr Key kIncludeKeys[] = {{"path", &kStringOrStrings, "path: ../commons/compose.yaml"},
                                {"env_file", &kStringOrStrings, "env_file: ../another/.env"},
                                {"project_directory", &kString, "project_directory: .."}};
constexpr Shape kIncludeItem{kText | kMap, nullptr, nullptr, kIncludeKeys};
constexpr Shape kInclude{kList, &kIncludeItem};

}  // namespace

constexpr Shape kServiceShape{kMap, nullptr, nullptr, kServiceKeys};

namespace {
constexpr Shape kServices{kMap, nullptr, &kServiceShape};
constexpr Key kFileKeys[] = {
    {"version", &kString, "version: \"3.8\""},
    {"name", &kString, "name: shop"},
    {"include", &kInclude, "include: [../commons/compose.yaml]"},
    {"services", &kServices, "services: {web: {image: \"nginx:alpine\"}}"},
    {"networks", &kNetworks, "networks: {front: {}}"},
    {"volumes", &kVolumes, "volumes: {data: {}}"},
    {"configs", &kFileObjects, "configs: {nginx_conf: {file: ./nginx.conf}}"},
    {"secrets", &kFileObjects, "secrets: {db_password: {file: ./db_password.txt}}"},
    {"models", &kFreeMap, "models: {llm: {model: ai/smollm2}}"},
};
}  // namespace

constexpr Shape kFileShape{kMap, nullptr, nullptr, kFileKeys};

}  // namespace orbit::project

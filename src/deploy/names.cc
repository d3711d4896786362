#include "deploy/names.h"

#include <fmt/format.h>

#include <charconv>

namespace orbit::deploy {
namespace {

std::uint64_t hashOf(const EnvironmentKey& key) {  // FNV-1a, 64 bits
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : key.project + "\n" + key.environment) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace

std::string releaseId(int group) {
  return group == 0 ? std::string() : "r" + std::to_string(group);
}

int groupOf(const std::string& releaseId) {
  if (releaseId.size() < 2 || releaseId.front() != 'r') return 0;
  int group = 0;
  const char* end = releaseId.data() + releaseId.size();
  const auto [at, failed] = std::from_chars(releaseId.data() + 1, end, group);
  return failed == std::errc() && at == end && group > 0 ? group : 0;
}

std::string containerName(const EnvironmentKey& key, const std::string& service, int group, int number) {
  return fmt::format("orbit.{}.{}.{}.{}.{}", key.project, key.environment, service, releaseId(group), number);
}

std::string taskName(const EnvironmentKey& key, const std::string& service, int group, const std::string& task) {
  return fmt::format("orbit.{}.{}.{}.{}.{}", key.project, key.environment, service, releaseId(group), task);
}

std::string imageName(const EnvironmentKey& key, const std::string& service, int group) {
  return lower(fmt::format("orbit/{}-{}-{}:{}", key.project, key.environment, service, releaseId(group)));
}

std::string networkName(const EnvironmentKey& key) {
  return fmt::format("orbit.{}.{}", key.project, key.environment);
}

std::string bridgeName(const EnvironmentKey& key) {
  return fmt::format("orb{:010x}", hashOf(key) & 0xff'ffff'ffffULL);
}

std::string subnetChoice(const EnvironmentKey& key, int attempt) {
  constexpr std::uint64_t kSubnets = 512;  // 10.213.0.0/24 to 10.214.255.0/24
  const std::uint64_t index = (hashOf(key) / 7 + static_cast<std::uint64_t>(attempt)) % kSubnets;
  return fmt::format("10.{}.{}", 213 + index / 256, index % 256);
}

Status madeHere(const std::string& what, const engine::Labels& labels, const std::string& home) {
  const auto found = labels.find(kHomeLabel);
  if (found != labels.end() && found->second == home) return {};
  if (found == labels.end()) {
    return Error{.code = Code::kConflict,
                 .message = what + " is there already, and Orbit did not make it",
                 .hint = "remove or rename it, or give the project another `name:`"};
  }
  return Error{.code = Code::kConflict,
               .message = what + " belongs to another Orbit on this engine, home " + found->second,
               .hint =
                   "deploy from there, or give the project another `name:`; what a home that is gone has left: "
                   "docker ps -a --filter label=orbit.home=" +
                   found->second};
}

engine::Labels environmentLabels(const EnvironmentKey& key, const std::string& home) {
  return {{kHomeLabel, home}, {kProjectLabel, key.project}, {kEnvironmentLabel, key.environment}};
}

}  // namespace orbit::deploy

#include <fmt/format.h>

#include <unordered_map>

#include "table/check.h"
#include "table/words_check.h"

namespace orbit::table {
namespace {

constexpr std::size_t kPinBytesMin = 20, kPinBytesMax = 64;

// It goes into a URL and a cookie, and nobody may guess it. It is not shown.
std::string pinFault(std::string_view pin) {
  const bool plain = std::all_of(pin.begin(), pin.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  if (plain && pin.size() >= kPinBytesMin && pin.size() <= kPinBytesMax) return "";
  return fmt::format("has to be {} to {} letters and digits", kPinBytesMin, kPinBytesMax);
}

void checkInstances(const model::TableRelease& release, const Path& path, Problems& problems) {
  std::unordered_map<std::string_view, std::size_t> ids, addresses;
  for (std::size_t i = 0; i < release.instances.size(); ++i) {
    const auto& instance = release.instances[i];
    const Path here = path[i];
    if (auto fault = nameFault(instance.id); !fault.empty() && !instance.address.empty()) {
      problems.push_back({(here / "id").trail(), fmt::format("\"{}\" {}", instance.id, fault), ""});
    }
    if (auto fault = addressFault(instance.address, true); !fault.empty()) {
      problems.push_back({(here / "address").trail(), fmt::format("\"{}\" {}", instance.address, fault),
                          "write it like 10.0.0.2:8000, [fd00::2]:8000 or unix:/run/app.sock"});
    }
    if (const auto [at, fresh] = ids.emplace(instance.id, i); !fresh) {
      problems.push_back({(here / "id").trail(), fmt::format("\"{}\" names two instances of this release", instance.id),
                          "give each its own", path[at->second].trail()});
    } else if (const auto [same, first] = addresses.emplace(instance.address, i); !first) {
      problems.push_back({(here / "address").trail(),
                          fmt::format("\"{}\" is the address of two instances of this release", instance.address),
                          "remove one of them", path[same->second].trail()});
    }
  }
}

void checkReleases(const model::TableService& service, const Path& path, Problems& problems) {
  const Path releases = path / "releases";
  if (service.releases.empty()) {
    problems.push_back({path.trail(), "has no instances", "write `instances: [10.0.0.2:8000]`"});
  }
  std::unordered_map<std::string_view, std::size_t> ids;
  std::uint64_t weights = 0;
  for (std::size_t i = 0; i < service.releases.size(); ++i) {
    const auto& release = service.releases[i];
    const Path here = releases[i];
    weights += release.weight;
    if (auto fault = nameFault(release.id); !fault.empty()) {
      problems.push_back({(here / "id").trail(), fmt::format("\"{}\" {}", release.id, fault), ""});
    }
    if (const auto [at, fresh] = ids.emplace(release.id, i); !fresh) {
      problems.push_back({(here / "id").trail(), fmt::format("\"{}\" names two releases of this service", release.id),
                          "give each its own", releases[at->second].trail()});
    }
    if (auto fault = release.pin.empty() ? std::string() : pinFault(release.pin); !fault.empty()) {
      problems.push_back({(here / "pin").trail(), fault, "take it from a source of chance"});
    }
    checkInstances(release, here / "instances", problems);
  }
  if (weights == 0 && !service.releases.empty()) {
    problems.push_back({releases.trail(), "have no weight among them, so nobody would be served",
                        "give one of them a weight above 0"});
  }
}

void checkHealth(const model::TableService& service, const Path& path, Problems& problems) {
  if (service.health.empty()) return;
  const auto& health = service.health.front();
  const Path here = path / "health";
  if (!health.path.empty()) {
    if (service.protocol == model::TableService::Protocol::kTcp) {
      problems.push_back({(here / "path").trail(), "is for HTTP, and this service is tcp",
                          "leave it out: a tcp service is asked whether it accepts connections"});
    } else if (health.path.find('?') == std::string::npos) {
      if (auto fault = pathFault(health.path); !fault.empty()) {
        problems.push_back({(here / "path").trail(), fmt::format("\"{}\" {}", health.path, fault), ""});
      }
    } else if (auto fault = requestTargetFault(health.path); !fault.empty()) {
      problems.push_back({(here / "path").trail(), fmt::format("\"{}\" {}", health.path, fault), ""});
    }
  }
  if (!health.host.empty()) {
    if (auto fault = hostFault(health.host, false); !fault.empty()) {
      problems.push_back({(here / "host").trail(), fmt::format("\"{}\" {}", health.host, fault), ""});
    }
  }
  if (health.statusMin > health.statusMax) {
    problems.push_back({(here / "statusMin").trail(), "is above statusMax", "swap the two"});
  }
}

}  // namespace

void checkService(const model::TableService& service, const Path& path, Problems& problems) {
  if (auto fault = plainNameFault(service.name); !fault.empty()) {
    problems.push_back({(path / "name").trail(), fmt::format("\"{}\" {}", service.name, fault), ""});
  }
  checkReleases(service, path, problems);
  checkHealth(service, path, problems);
  const bool tcp = service.protocol == model::TableService::Protocol::kTcp;
  if (!service.stickyCookie.empty()) {
    if (auto fault = tokenFault(service.stickyCookie); !fault.empty() || tcp) {
      problems.push_back(
          {(path / "stickyCookie").trail(),
           tcp ? "is for HTTP, and this service is tcp" : fmt::format("\"{}\" {}", service.stickyCookie, fault), ""});
    }
  }
  if (service.stickyInstance && service.stickyCookie.empty()) {
    problems.push_back(
        {(path / "stickyInstance").trail(), "needs a cookie to remember the instance by", "add `stickyCookie: NAME`"});
  }
  for (std::size_t i = 0; i < service.pausePassPaths.size(); ++i) {
    if (auto fault = pathFault(service.pausePassPaths[i]); !fault.empty()) {
      const Path list = path / "pausePassPaths";
      problems.push_back({list[i].trail(), fmt::format("\"{}\" {}", service.pausePassPaths[i], fault), ""});
    }
  }
}

}  // namespace orbit::table

// The network of an environment and its virtual addresses (decision 12).
#include <fmt/format.h>

#include "deploy/environment.h"
#include "deploy/limits.h"

namespace orbit::deploy {

using format::Json;
using net::Task;
using net::Wait;

namespace {

constexpr int kFirstVirtual = 130, kLastVirtual = 254;  // of the /24's upper half

model::Network networkFor(const EnvironmentKey& key, const std::string& home, const std::string& prefix) {
  model::Network network;
  network.name = networkName(key);
  network.labels = environmentLabels(key, home);
  network.driverOptions["com.docker.network.bridge.name"] = bridgeName(key);
  model::IpamPool pool;
  pool.subnet = prefix + ".0/24";
  pool.ipRange = prefix + ".0/25";
  network.pools.push_back(std::move(pool));
  return network;
}

// "10.213.4.0/24" → "10.213.4"
std::string prefixOf(const std::string& subnet) {
  return subnet.substr(0, subnet.rfind('.'));
}

bool overlaps(const Error& error) {
  return error.message.find("overlap") != std::string::npos;
}

}  // namespace

Task<Status> Environment::makeNetwork(Wait wait) {
  if (!state_.subnet.empty()) {
    model::Network network = networkFor(key_, parts_.home, prefixOf(state_.subnet));
    auto made = co_await parts_.engine.createNetwork(std::move(network), wait);
    if (made.ok()) co_return Status();
    if (made.error().code != Code::kConflict) co_return std::move(made).error();
    co_return co_await networkMadeHere(wait);
  }
  for (int attempt = 0; attempt < kSubnetsTried; ++attempt) {
    const std::string prefix = subnetChoice(key_, attempt);
    model::Network network = networkFor(key_, parts_.home, prefix);
    auto made = co_await parts_.engine.createNetwork(std::move(network), wait);
    const bool exists = !made.ok() && made.error().code == Code::kConflict && !overlaps(made.error());
    if (exists) {
      ORBIT_CO_TRY_STATUS(co_await networkMadeHere(wait));
    }
    if (made.ok() || exists) {
      Json body = Json::object({{"subnet", prefix + ".0/24"}, {"bridge", bridgeName(key_)}});
      co_return co_await record(0, "network", std::move(body));
    }
    if (!overlaps(made.error())) co_return std::move(made).error();
  }
  co_return Error{.code = Code::kConflict,
                  .message = "no free subnet in 10.213.0.0/16 and 10.214.0.0/16 for the network of " + key_.text(),
                  .hint = "remove networks that nobody uses: docker network prune"};
}

Task<Status> Environment::networkMadeHere(Wait wait) {
  const std::string name = networkName(key_);
  ORBIT_CO_TRY(const auto there, co_await parts_.engine.inspectNetwork(name, wait));
  co_return madeHere("the network " + name, there.labels, parts_.home);
}

std::string Environment::nextAddress() const {
  std::set<std::string> taken;
  for (const auto& [service, address] : state_.addresses) taken.insert(address);
  for (int host = kFirstVirtual; host <= kLastVirtual; ++host) {
    const std::string address = fmt::format("{}.{}", prefixOf(state_.subnet), host);
    if (!taken.contains(address)) return address;
  }
  return {};
}

Task<Status> Environment::prepareNetwork(const model::Deployment& plan, Wait wait) {
  if (!networkReady_) {
    engine::Labels labels = environmentLabels(key_, parts_.home);
    auto there = co_await parts_.engine.listNetworks(std::move(labels), wait);
    if (!there.ok()) co_return std::move(there).error();
    if (there->empty() || state_.subnet.empty()) {
      ORBIT_CO_TRY_STATUS(co_await makeNetwork(wait));
    }
    networkReady_ = true;
  }
  for (const auto& volume : plan.volumes) {
    if (volume.external) continue;
    model::Volume own = volume;
    own.labels.merge(environmentLabels(key_, parts_.home));
    ORBIT_CO_TRY_STATUS(co_await parts_.engine.createVolume(std::move(own), wait));
  }
  if (!parts_.traffic.virtualAddresses()) co_return Status();
  for (const auto& service : plan.services) {
    const std::string& name = service.service.name;
    if (service.direct || state_.addresses.contains(name)) continue;
    const std::string address = nextAddress();
    if (address.empty()) co_return Error{.code = Code::kLimit, .message = "more services than an environment can have"};
    Json body = Json::object({{"service", name}, {"address", address}});
    ORBIT_CO_TRY_STATUS(co_await record(0, "address", std::move(body)));
  }
  co_return Status();
}

}  // namespace orbit::deploy

// A network of a plan.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace orbit::model {

struct IpamPool {
  std::string subnet, gateway, ipRange;
  std::map<std::string, std::string> auxAddresses;
};

struct Network {
  std::string key;   // under `networks:`
  std::string name;  // in the engine: <project>_<key> unless `name:` or external
  bool external = false;
  std::string driver;
  std::map<std::string, std::string> driverOptions, labels;
  bool internal = false, attachable = false;
  std::optional<bool> enableIpv4, enableIpv6;
  std::string ipamDriver;
  std::vector<IpamPool> pools;
  std::map<std::string, std::string> ipamOptions;
  Location at;
};

}  // namespace orbit::model

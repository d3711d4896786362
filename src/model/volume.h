// A named volume of a plan.
#pragma once
#include <map>
#include <string>

#include "base/result.h"

namespace orbit::model {

struct Volume {
  std::string key;   // under `volumes:`
  std::string name;  // in the engine: <project>_<key> unless `name:` or external
  bool external = false;
  std::string driver;
  std::map<std::string, std::string> driverOptions, labels;
  Location at;
};

}  // namespace orbit::model

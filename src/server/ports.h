// Who listens on a TCP port, from /proc. Private to server. Thread rules: plain functions.
#pragma once
#include <optional>
#include <string>

#include "server/machine.h"

namespace orbit::server {

struct PortHolder {
  int pid = 0;       // 0: not visible to this user
  std::string name;  // of the process
};
// nullopt: nobody listens there.
std::optional<PortHolder> portHolder(const Machine& machine, int port);

}  // namespace orbit::server

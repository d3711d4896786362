// Why ssh did not reach an Orbit, from what ssh and the other side said. Thread rules: pure functions.
#pragma once
#include <string>

#include "cli/remote_host.h"

namespace orbit::cli {

struct SshEnd {
  int status = 0;      // of ssh: 255 is its own failure, else the remote command's
  std::string said;    // on standard error
  bool asked = false;  // ssh could ask at a terminal
};

Error sshProblem(const RemoteHost& host, const SshEnd& end);

}  // namespace orbit::cli

// This terminal joined to a process in a container: keys and resizes go out, output and the exit status come in.
// Thread rules: the thread of the session's Loop.
#pragma once
#include <memory>
#include <string>

#include "cli/session.h"
#include "net/net.h"

namespace orbit::cli {

struct LinkOptions {
  bool tty = false;
  bool input = true;
  bool signals = false;  // SIGINT and SIGTERM go to the process (attach); else they end this command
};

// Until the process ends: its exit status, or an Error. The terminal is as it was before when it returns.
net::Task<Result<int>> joinTerminal(Session& session, std::unique_ptr<net::Stream> stream, LinkOptions options);

}  // namespace orbit::cli

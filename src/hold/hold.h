// The door of hold: the parent of the other processes (decision 1). It binds listeners and keeps every descriptor,
// starts its children and starts them again when they end, so that a killed child refuses nobody: connections wait in
// the listen queue. Tiny, no configuration, no TLS; includes base and net, nothing else. One thread.
#pragma once
#include <string>
#include <vector>

#include "base/base.h"

namespace orbit::hold {

// A process that hold keeps alive. It is started as `arguments` with its listeners from descriptor 3 on, and
// ORBIT_LISTENERS naming them in that order ("api", "http,https"). It is killed when hold dies: a new hold starts its
// own children at once, and two daemons would work on the same containers.
struct Child {
  std::string name;                    // "daemon", "edge"
  std::vector<std::string> arguments;  // [0] the executable's path
  std::vector<std::string> listeners;  // names of the unix sockets below that it is given
};

struct UnixListener {
  std::string name;
  std::string path;  // 0600
};

struct Options {
  std::string lockFile;  // one hold a home: a second one exits at once with kConflict
  // hold's own socket: one line a command, "stop\n", "status\n", "restart NAME\n". Answers: "ok\n" ("stop": once all is
  // gone and the next hold may start), one line a child ("daemon running 1234 starts 1", "edge waiting 0 starts 9"), or
  // "error …\n"; then it closes.
  std::string controlPath;
  std::string logFile;  // what hold and its children say; kept under 16 MiB, with one old file beside it (".1")
  std::vector<UnixListener> listeners;
  std::vector<Child> children;
};

// Runs until told to stop (control socket, SIGTERM or SIGINT): children get SIGTERM, after 10 s SIGKILL. SIGHUP is
// passed on to them. A child that ends is started again at once, then with back-off up to 5 s when it keeps ending
// within 10 s. Returns the exit status; what kept it from starting is on standard error.
int run(const Options& options);

}  // namespace orbit::hold

// The door of hold: the parent of the other processes (decision 1). It binds listeners and keeps every descriptor,
// starts its children and starts them again when they end, so that a killed child refuses nobody: connections wait in
// the listen queue. Tiny, no configuration, no TLS; includes base and net, nothing else. One thread.
//
// Its control socket takes one line a command, answers and closes. A child that overlaps has a channel of its own
// (ORBIT_HOLD names the descriptor): the same commands, one after the other, on a connection that stays.
//
//   status                              one line a process: "daemon running 1234 starts 1", "edge waiting 0 starts 9",
//                                       "edge running 1240 starts 2 generation 1795000001 ready",
//                                       "edge draining 1235 generation 1795000000"
//   stop                                "ok" once all is gone and the next hold may start
//   restart NAME                        "ok" at once; an overlapping child is replaced
//   replace NAME                        starts the next generation beside the present one; "ok generation N" when that
//                                       is ready and the old one drains, "error …" when it is not: nothing has changed
//   listen NAME ADDRESS [freebind]      binds and keeps a TCP listener; "ok" also when it is there already; one address
//                                       may stand beside all addresses at the same port
//   release NAME                        closes it; the processes that took it must close theirs
//   listeners                           "NAME ADDRESS" a line, then "ok"
//   take                                the same, each line's descriptor with it (SCM_RIGHTS), in this order
//   address add|remove IP/32 dev NIC    puts a virtual address (private ranges only) on an interface; root only
//   ready                               on a channel: this generation serves
//
// "error …" says why not. What it was asked to keep lives as long as hold; addresses on interfaces outlive it.
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
  // May run beside its successor: replaced generation by generation (ORBIT_GENERATION, numbers that only grow). The
  // old one gets SIGTERM when the new one is ready, and `drainTime` to come to its end.
  bool overlaps = false;
  Duration drainTime = std::chrono::minutes(10);
  Duration readyTime = std::chrono::seconds(30);  // a new generation that is not ready by then is killed
  // The user it runs as when hold is root and that user exists; else hold's own.
  std::string user = {};
};

struct UnixListener {
  std::string name;
  std::string path;
  // Who else may speak to it when hold is root and that group exists (0660); else its owner alone (0600).
  std::string group = {};
};

struct Options {
  std::string lockFile;     // one hold a home: a second one exits at once with kConflict
  std::string controlPath;  // hold's own socket
  std::string logFile;      // what hold and its children say; kept under 16 MiB, with one old file beside it (".1")
  std::vector<UnixListener> listeners;
  std::vector<Child> children;
};

// Runs until told to stop (control socket, SIGTERM or SIGINT): children get SIGTERM, after 10 s SIGKILL. SIGHUP is
// passed on to them. A child that ends is started again at once, then with back-off up to 5 s when it keeps ending
// within 10 s (an overlapping one that was ready: after thirty such ends). Returns the exit status; what kept it
// from starting is on standard error.
int run(const Options& options);

}  // namespace orbit::hold

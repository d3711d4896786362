// The door of plane: the life of the edge process. It puts edge, cert and table together, has a control socket
// (docs/edge.md), keeps the last good tables and the ticket keys in its folder, and takes over from the generation
// before it. It decides nothing about requests. Thread rules: each function is a process's main.
#pragma once
#include <string>

namespace orbit::plane {

struct Options {
  std::string tableFile;      // "" : as kept in `folder` (started by hold)
  unsigned workers = 0;       // 0: one a processor
  std::string controlSocket;  // made by us (0600); "" : none, or the one hold hands over
  std::string folder;         // 0700; "" : a temporary one
  std::string signalFolder;   // "" : in `folder`
  std::string accessLog;      // takes the table's place; "" : the table's
};

// Serves until SIGTERM (once: drains, at most ten minutes; twice: ends). SIGHUP opens the log again and, run alone,
// reads the table's file again. Started by hold when ORBIT_HOLD is set. Returns the exit status; problems are on
// standard error, with file and line.
int serve(const Options& options);

// Reads a table, and the certificate files it names, and prints what is wrong or how much there is. Exit status 0 or 1.
int check(const std::string& tableFile);

}  // namespace orbit::plane

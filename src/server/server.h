// The door of server: how Orbit lives on a server: installed, checked, and pushed to with git. What the machine tells
// is read here; nothing in it deploys or serves. Thread rules: each function is one process's whole work; it prints.
#pragma once
#include <string>
#include <vector>

#include "base/base.h"
#include "model/home.h"

namespace orbit::server {

struct InstallOptions {
  std::vector<std::string> users;  // may use the server's Orbit over ssh
  bool liveRestore = false;
  bool yes = false;    // do not ask
  bool print = false;  // only say
  std::string root;    // files go below this folder and no command is run; "" for this machine
};

// Each returns the exit status: 0, or 1 when something could not be done.
int install(const InstallOptions& options);
int uninstall(const InstallOptions& options);
// The rule that lets containers reach the virtual addresses of their environments past a firewall that drops INPUT
// (decision 12). systemd calls it before each start, so it needs no place in the firewall's own files.
int firewall(bool add);

// Every check of docs/server.md; 1 when one fails.
int doctor(const model::Home& home, const std::string& executable, bool json);

// The receiving side of `git push`: makes (or mends) the user's repository for a project and prints its path.
int gitPrepare(const std::string& project);
// Called by git in that repository after a push: deploys what was pushed, telling the pusher. It runs the `orbit` of
// the PATH, as the hook did.
int gitHook();

}  // namespace orbit::server

// The part of the daemon that makes the access log of the edge's records and keeps it, for bench/signals. Ends at
// SIGTERM.
//   log_keeper SIGNALFOLDER ACCESSLOG STOREFOLDER
#include <csignal>
#include <cstdio>

#include "base/base.h"
#include "collect/collect.h"
#include "logs/logs.h"
#include "net/net.h"

int main(int count, char** words) {
  using namespace orbit;
  if (count < 4) return 2;
  ::signal(SIGPIPE, SIG_IGN);
  net::Loop loop;
  auto store = logs::Store::open({.folder = words[3]}, loop.clock());
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", store.error().text().c_str());
    return 1;
  }
  collect::AccessLog log(loop, **store, {words[2], words[1]}, [] {});
  net::Cancel cancel;
  loop.onSignal(SIGTERM, [&cancel](int) { cancel.request(); });
  loop.runTask(log.run(cancel));
  return 0;
}

// Finds the daemon or starts it: connects to the home's socket, starts `hold` when nobody answers, and asks hold for a
// new daemon when the one that runs is of another build. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <string>

#include "cli/api_client.h"
#include "model/home.h"
#include "net/net.h"

namespace orbit::cli {

class DaemonLink {
 public:
  enum class Where { kHere, kElsewhere };
  // `say` tells the user, a line at a time, when something takes over a second.
  DaemonLink(net::Loop& loop, const model::Home& home, std::string executable,
             std::function<void(const std::string&)> say, Where where);

  // Returns when a daemon of this build answers; elsewhere at once, since the far side sees to its own when a
  // connection is made (api-stdio). Errors: kUnavailable with the log's last lines, kDenied.
  net::Task<Status> ensure(ApiClient& api, net::Wait wait);
  // One command to hold, and its answer. Errors: kUnavailable when no hold runs.
  net::Task<Result<std::string>> tellHold(std::string command, net::Wait wait);

 private:
  net::Task<Status> start(ApiClient& api, net::Wait wait);
  net::Task<Result<std::string>> runningBuild(ApiClient& api, net::Wait wait);
  net::Task<Status> waitForBuild(ApiClient& api, net::Wait wait);
  Error notRunningForAll() const;
  Error notStarted() const;

  net::Loop& loop_;
  const model::Home& home_;
  std::string executable_;
  std::function<void(const std::string&)> say_;
  Where where_;
};

// The end of a file, at most `lines` lines.
std::string lastLines(const std::string& path, std::size_t lines);

}  // namespace orbit::cli

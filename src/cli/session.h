// One command line on its way: the daemon's connection, the snapshot that grows round by round, what is shown, and
// what an interrupt means. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <string>

#include "cli/api_client.h"
#include "cli/command_line.h"
#include "cli/daemon_link.h"
#include "cli/presenter.h"
#include "cli/snapshot.h"
#include "model/home.h"

namespace orbit::cli {

enum ExitStatus : int {
  kDone = 0,
  kFailed = 1,
  kWrongUsage = 2,
  kNotLive = 3,    // a deploy failed before it was live
  kTakenBack = 4,  // … was live, and was taken back
  kCancelled = 5,  // … was cancelled, or superseded by a newer one
  kInterrupted = 130
};

class Session {
 public:
  using OnEvent = std::function<void(const Event&)>;

  // `host`: whose daemon, when it is not this machine's.
  Session(net::Loop& loop, const CommandLine& line, const model::Home& home, const std::string& executable,
          std::optional<RemoteHost> host = {});

  // A verb that needs the project's files: sends the snapshot, adds what is asked for, packs and uploads contexts,
  // until it is done. Events other than `need` go to `onEvent`, or to the presenter when there is none.
  net::Task<Result<ResultEvent>> project(std::string target, format::Json body, net::Wait wait, OnEvent onEvent = {});
  // Draws the live table while a task runs.
  void startTicking();
  void watchSize();
  // The exit status of a finished verb; shows its error.
  int finish(const Result<ResultEvent>& result);
  // Prints an error the way problems are printed.
  void show(const Error& error);
  // Closes the presenter's table.
  void settle();

  Instant now() const { return loop.clock().now(); }
  net::Wait wait() { return {Instant::max(), &interrupted}; }
  std::vector<std::string> services() const { return line.arguments; }

  net::Loop& loop;
  const CommandLine& line;
  const model::Home& home;
  const std::optional<RemoteHost> host;
  ApiClient api;
  Snapshot snapshot;
  Presenter presenter;
  DaemonLink link;
  net::Cancel interrupted;
  std::function<void()> onInterrupt;  // replaces what Ctrl-C does
  std::function<void()> onResize;     // the terminal has another size (once watchSize() was called)
  Style outStyle;                     // of results
  Style errStyle;                     // of all else

 private:
  net::Task<Result<std::string>> packAndUpload(NeededContext context, net::Wait wait);
  net::Task<void> tickForever();
  void interrupt();

  bool ready_ = false;  // a daemon of this build was seen
  bool ticking_ = false;
  int interrupts_ = 0;
};

// Where standard output and error go, and how big the terminal is.
Surface standardSurface();
// Says so when git tracks the project's `.env`; silent when git is missing.
net::Task<void> warnOfTrackedEnvFile(Session& session);

}  // namespace orbit::cli

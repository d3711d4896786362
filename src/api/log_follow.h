// What a project's containers say from now on, those that start meanwhile included (those of a next release too), until
// none of them runs any more.
// Private to api. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/containers.h"
#include "api/log_history.h"
#include "engine/engine.h"
#include "format/json.h"

namespace orbit::api {

class LogFollow {
 public:
  // `line` takes lines, `told` container events; both may make us wait.
  using Told = std::function<net::Task<Status>(format::Json)>;
  // Resolves when no operation on the project is under way: one that stops containers may be about to start them again.
  using Settled = std::function<net::Task<Status>(net::Wait)>;
  LogFollow(net::Loop& loop, engine::Engine& engine, ContainerScope scope, LineSink line, Told told, Settled settled);

  // `sources`: read so far as their marks say; `listedUs`: when the containers were listed; `floorUs`: what a source
  // without a mark said before that is left out. Errors: kCancelled, the engine's.
  net::Task<Status> run(std::vector<LogSource> sources, std::int64_t listedUs, std::int64_t floorUs, net::Wait wait);

 private:
  net::Task<void> watch(std::string_view projectLabel, std::int64_t listedUs, net::Wait wait);
  net::Task<Status> onEvent(engine::Event event, net::Wait wait);
  void add(LogSource source, net::Wait wait);
  net::Task<void> follow(std::string id, net::Wait wait);
  net::Task<Status> take(std::string id, int& skip, engine::LogRecord record);
  net::Task<void> tellEnd(const LogSource& source, net::Wait wait);
  net::Task<bool> anyLive(net::Wait wait);

  struct Followed {
    LogSource source;
    LineJoiner joiner;
    bool open = false;   // its log is being read
    bool again = false;  // it was started again before its earlier log ended
  };
  net::Loop& loop_;
  engine::Engine& engine_;
  const ContainerScope scope_;
  const LineSink line_;
  const Told told_;
  const Settled settled_;
  std::map<std::string, Followed> followed_;  // by id
  std::int64_t floorUs_ = 0;
  int open_ = 0;
  Status outcome_;
  net::Condition changed_;
  net::TaskGroup tasks_;  // last: destroyed first
};

}  // namespace orbit::api

// What several containers have said so far, as one stream ordered by time. Reads them side by side and merges, holding
// only a few lines of each. Private to api. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "api/log_line.h"
#include "engine/engine.h"

namespace orbit::api {

using LineSink = std::function<net::Task<Status>(LogLine)>;

// How far a container's log was taken, for going on from there: the time of the last record, inclusive, less as many
// records as were taken with that time (decision 9).
struct LogMark {
  std::int64_t timeUs = 0;
  int taken = 0;
  void note(std::int64_t recordUs);
};

struct LogSource {
  std::string id, service, container;
  LogMark mark;  // filled in
};

// Reads `options` (never following) of each source to its end. A container that cannot be read (removed meanwhile)
// counts as ended; the first other error ends the whole. Marks are set.
net::Task<Status> readHistory(net::Loop& loop, engine::Engine& engine, std::vector<LogSource>& sources,
                              engine::LogOptions options, LineSink sink, net::Wait wait);

}  // namespace orbit::api

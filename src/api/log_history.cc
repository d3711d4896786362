#include "api/log_history.h"

#include <deque>

namespace orbit::api {
namespace {

constexpr std::size_t kAheadLines = 64;  // of each container

// One container being read, a few lines ahead of the merge.
struct Reader {
  Reader(net::Loop& loop, LogSource& of) : source(of), joiner(of.service, of.container), taken(loop) {}
  LogSource& source;
  LineJoiner joiner;
  std::deque<LogLine> lines;
  bool ended = false;
  Status outcome;
  net::Condition taken;
};

net::Task<Status> push(Reader& reader, net::Condition& arrived, engine::LogRecord record, net::Wait wait) {
  reader.source.mark.note(record.timeUs);
  auto line = reader.joiner.add(std::move(record));
  if (!line) co_return Status();
  reader.lines.push_back(std::move(*line));
  arrived.notifyAll();
  while (reader.lines.size() >= kAheadLines) {
    ORBIT_CO_TRY_STATUS(co_await reader.taken.wait(wait));
  }
  co_return Status();
}

net::Task<void> readOne(engine::Engine& engine, Reader& reader, net::Condition& arrived, engine::LogOptions options,
                        net::Wait wait) {
  const engine::Sink<engine::LogRecord> sink = [&reader, &arrived, wait](engine::LogRecord record) {
    return push(reader, arrived, std::move(record), wait);
  };
  const Status read = co_await engine.logs(reader.source.id, options, sink, wait);
  if (!read.ok() && read.error().code != Code::kNotFound) reader.outcome = read;
  for (const bool isError : {false, true}) {
    if (auto line = reader.joiner.rest(isError)) reader.lines.push_back(std::move(*line));
  }
  reader.ended = true;
  arrived.notifyAll();
}

// The reader with the oldest next line; null when all ended; `wait` is set when one must be waited for first.
Reader* oldest(const std::vector<std::unique_ptr<Reader>>& readers, bool& mustWait) {
  Reader* found = nullptr;
  mustWait = false;
  for (const auto& reader : readers) {
    if (reader->lines.empty()) {
      mustWait = mustWait || !reader->ended;
    } else if (found == nullptr || reader->lines.front().timeUs < found->lines.front().timeUs) {
      found = reader.get();
    }
  }
  return found;
}

}  // namespace

void LogMark::note(std::int64_t recordUs) {
  taken = recordUs == timeUs ? taken + 1 : 1;
  timeUs = recordUs;
}

net::Task<Status> readHistory(net::Loop& loop, engine::Engine& engine, std::vector<LogSource>& sources,
                              engine::LogOptions options, LineSink sink, net::Wait wait) {
  net::Condition arrived(loop);
  std::vector<std::unique_ptr<Reader>> readers;
  for (auto& source : sources) readers.push_back(std::make_unique<Reader>(loop, source));
  net::TaskGroup group(loop);  // after what its tasks use
  options.follow = false;
  for (auto& reader : readers) group.add(readOne(engine, *reader, arrived, options, wait));
  while (true) {
    bool mustWait = false;
    Reader* next = oldest(readers, mustWait);
    if (mustWait) {
      ORBIT_CO_TRY_STATUS(co_await arrived.wait(wait));
      continue;
    }
    if (next == nullptr) break;
    LogLine line = std::move(next->lines.front());
    next->lines.pop_front();
    next->taken.notifyAll();
    ORBIT_CO_TRY_STATUS(co_await sink(std::move(line)));
  }
  co_await group.join();
  for (const auto& reader : readers) {
    if (!reader->outcome.ok()) co_return reader->outcome;
  }
  co_return Status();
}

}  // namespace orbit::api

// The door of collect: what the containers of this home say, from the engine into the log store.
//
// The engine's events are watched before its containers are listed, so that none is missed. Each container's log is
// followed from where the store has it, across restarts of the container, the engine and the daemon: one container is
// one log. A log is read to its end when its container dies, and before Orbit removes it (onRemove of the engine).
// Where the engine has rotated away what was not read, a line of Orbit's own says so, with the times between which
// lines are missing. Collected are containers with this home's label, and those that Docker Compose made in a project
// of which this home has containers. Thread rules: the thread of its Loop.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>

#include "collect/access_log.h"  // IWYU pragma: export
#include "engine/engine.h"
#include "logs/logs.h"
#include "net/net.h"

namespace orbit::collect {

class Collector {
 public:
  struct Parts {
    net::Loop& loop;
    engine::Engine& engine;
    logs::Store& store;
    std::string home;  // uuid of the label orbit.home
  };
  // Registers at the engine: one at a time for an engine, and the engine outlives it.
  explicit Collector(Parts parts);
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  net::Task<void> run(net::Cancel& cancel);

  // Whether this container's lines go into the store.
  bool collects(const std::string& containerId) const;
  // Where its log was taken up to, what still waits to be written included.
  logs::Position position(const std::string& containerId) const;
  // Returns when all that the container has said by now was taken, after a few seconds in any case.
  net::Task<void> drained(std::string containerId, net::Wait wait);

 private:
  struct Followed;
  struct Found {
    std::string id, name;
    engine::Labels labels;
  };
  net::Task<void> watch(std::int64_t sinceUs, net::Wait wait);
  net::Task<Status> onEvent(engine::Event event, net::Wait wait);
  net::Task<Status> list(bool all, net::Wait wait);
  net::Task<void> flushTicks(net::Wait wait);
  net::Task<void> lookAfterSilent(net::Wait wait);
  net::Task<void> watchClock(net::Wait wait);
  std::int64_t sinceUs(const Followed& followed) const;
  net::Task<void> probe(std::string id, net::Wait wait);
  net::Task<std::int64_t> lastRecordUs(std::string id, net::Wait wait);

  bool ours(const engine::Labels& labels) const;
  void begin(const Found& found, net::Wait wait);
  void open(Followed& followed, net::Wait wait);
  net::Task<void> follow(std::string id, net::Wait wait);
  net::Task<Status> read(std::string id, net::Wait wait);
  net::Task<Status> take(Followed& followed, engine::LogRecord record, net::Wait wait);
  bool overtaken(const Followed& followed, const engine::LogRecord& record) const;
  void tellGap(Followed& followed, std::int64_t fromUs, std::int64_t untilUs);
  void add(Followed& followed, const engine::LogRecord& record);
  void flush(Followed& followed);
  void forget(const std::string& id);

  const Parts parts_;
  std::map<std::string, std::unique_ptr<Followed>> followed_;  // by id
  std::map<std::string, logs::StoredPosition> stored_;         // of containers that were not seen yet
  std::set<std::string> projects_;                             // of which this home has containers
  bool dirty_ = false;
  net::Condition dirtied_;
  net::TaskGroup tasks_;  // last: destroyed first
};

}  // namespace orbit::collect

// The one thread that writes: a queue in, groups of writes out, each group one transaction and one sync. Private to
// store. After a write that left doubt (an I/O error, damage) it refuses everything more and says why: the file is in
// the state of the last commit, and a restart looks at it afresh. A full disk leaves no doubt, so writes work again as
// soon as there is space. Thread rules: add() from any thread; `done` is called on the writer's thread.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "store/database.h"

namespace orbit::store {

class Writer {
 public:
  using Write = std::function<Status(Database&)>;
  using Done = std::function<void(Status)>;

  explicit Writer(Database database);
  ~Writer();  // writes what is queued, then ends
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void add(Write write, Done done);
  // The same, waiting for it. Not from a `done`.
  Status run(Write write);

 private:
  struct Entry {
    Write write;
    Done done;
    Status outcome;
  };
  void loop();
  void writeGroup(std::deque<Entry>& group);
  Status commit(std::deque<Entry>& group);

  Database database_;  // writer's thread only, once it runs
  Status doubt_;       // writer's thread only
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Entry> queue_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace orbit::store

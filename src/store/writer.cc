#include "store/writer.h"

#include <algorithm>
#include <future>

namespace orbit::store {
namespace {

constexpr std::size_t kQueueMax = 10'000;
constexpr std::size_t kGroupMax = 256;

// Whether the statement alone failed (its savepoint undoes it), so that the group may go on.
bool harmless(const Error& error) {
  return error.code == Code::kConflict || error.code == Code::kNotFound || error.code == Code::kLimit;
}

bool leavesDoubt(const Error& error) {
  return !harmless(error) && error.code != Code::kNoSpace;
}

}  // namespace

Writer::Writer(Database database) : database_(std::move(database)), thread_([this] { loop(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::add(Write write, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < kQueueMax) {
      queue_.push_back({std::move(write), std::move(done), {}});
      done = nullptr;
    }
  }
  wake_.notify_one();
  if (done)
    done(Error{.code = Code::kLimit, .message = "too many writes to the state file are waiting", .retrySafe = true});
}

Status Writer::run(Write write) {
  std::promise<Status> promise;
  auto future = promise.get_future();
  add(std::move(write), [&promise](Status outcome) { promise.set_value(std::move(outcome)); });
  return future.get();
}

void Writer::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::deque<Entry> group;
    while (!queue_.empty() && group.size() < kGroupMax) {
      group.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    lock.unlock();
    writeGroup(group);
    for (Entry& entry : group) entry.done(std::move(entry.outcome));
    lock.lock();
  }
}

void Writer::writeGroup(std::deque<Entry>& group) {
  Status outcome = doubt_;
  if (outcome.ok()) outcome = commit(group);
  if (outcome.ok()) return;
  if (doubt_.ok() && leavesDoubt(outcome.error())) {
    Error error = outcome.error();
    error.message = "the state file takes no more writes after a failure: " + error.message;
    doubt_ = std::move(error);
  }
  for (Entry& entry : group) entry.outcome = outcome;
}

// All of the group that can be written, on disk when it returns; or an error, and nothing of it.
Status Writer::commit(std::deque<Entry>& group) {
  Status committed = [&]() -> Status {
    ORBIT_TRY_STATUS(database_.execute("BEGIN IMMEDIATE"));
    for (Entry& entry : group) {
      ORBIT_TRY_STATUS(database_.execute("SAVEPOINT one"));
      entry.outcome = entry.write(database_);
      if (!entry.outcome.ok()) {
        if (!harmless(entry.outcome.error())) return entry.outcome;
        ORBIT_TRY_STATUS(database_.execute("ROLLBACK TO one"));
      }
      ORBIT_TRY_STATUS(database_.execute("RELEASE one"));
    }
    return database_.execute("COMMIT");
  }();
  // Fails when SQLite has rolled back by itself: then there is nothing left to do.
  if (!committed.ok()) static_cast<void>(database_.execute("ROLLBACK"));
  return committed;
}

}  // namespace orbit::store

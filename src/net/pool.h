// A few threads for work that blocks (disk, DNS): started when needed, ended when idle. Thread rules: submit and
// withdraw from the loop's thread; `done` of a job is called on a worker.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace orbit::net {

class Pool {
 public:
  struct Job {
    std::function<void()> work;
    std::function<void()> done;
    enum class State { kQueued, kRunning, kDone } state = State::kQueued;  // under the pool's mutex
  };

  Pool() = default;
  ~Pool();  // drops what is queued, waits for what runs
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void submit(std::shared_ptr<Job> job);
  // Takes a job back; waits for its end when it already runs.
  void withdraw(Job& job);

 private:
  struct Worker {
    std::thread thread;
    bool ended = false;
  };
  void work(Worker& worker);
  void joinEnded();

  std::mutex mutex_;
  std::condition_variable queued_;
  std::condition_variable finished_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::list<Worker> workers_;
  int alive_ = 0;
  int idle_ = 0;
  bool closing_ = false;
};

}  // namespace orbit::net

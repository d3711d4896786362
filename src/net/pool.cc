#include "net/pool.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include "net/limits.h"

namespace orbit::net {

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    jobs_.clear();
  }
  queued_.notify_all();
  for (Worker& worker : workers_) worker.thread.join();
}

void Pool::submit(std::shared_ptr<Job> job) {
  const std::lock_guard lock(mutex_);
  joinEnded();
  jobs_.push_back(std::move(job));
  if (idle_ < static_cast<int>(jobs_.size()) && alive_ < kWorkersMax) {
    ++alive_;
    Worker& worker = workers_.emplace_back();
    // Signals belong to the loop's thread.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    worker.thread = std::thread([this, &worker] { work(worker); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  queued_.notify_one();
}

void Pool::withdraw(Job& job) {
  std::unique_lock lock(mutex_);
  if (job.state == Job::State::kQueued) {
    std::erase_if(jobs_, [&job](const auto& queued) { return queued.get() == &job; });
    return;
  }
  finished_.wait(lock, [&job] { return job.state == Job::State::kDone; });
}

void Pool::work(Worker& worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    const auto until = std::chrono::steady_clock::now() + kWorkerIdle;
    const bool woken = queued_.wait_until(lock, until, [this] { return closing_ || !jobs_.empty(); });
    --idle_;
    if (closing_ || !woken) break;
    const std::shared_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    job->state = Job::State::kRunning;
    lock.unlock();
    job->work();
    job->done();
    lock.lock();
    job->state = Job::State::kDone;
    finished_.notify_all();
  }
  worker.ended = true;
  --alive_;
}

void Pool::joinEnded() {
  // An ended worker has left its last critical section but for the unlock, so that its join does not wait for us.
  for (auto at = workers_.begin(); at != workers_.end();) {
    if (!at->ended) {
      ++at;
      continue;
    }
    at->thread.join();
    at = workers_.erase(at);
  }
}

}  // namespace orbit::net

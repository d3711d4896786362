#include "logs/ahead.h"

#include <algorithm>

namespace orbit::logs {

Ahead::Ahead(std::size_t count, unsigned threads, std::function<Scanned(std::size_t, Scratch&)> scan)
    : count_(count), ahead_(threads * kAhead), scan_(std::move(scan)) {
  if (count < 2) return;  // not worth a thread
  for (std::size_t thread = 0; thread < std::min<std::size_t>(threads, count); ++thread) {
    threads_.emplace_back([this] { work(); });
  }
}

Ahead::~Ahead() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  room_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Ahead::work() {
  Scratch scratch;
  std::unique_lock lock(mutex_);
  for (;;) {
    room_.wait(lock, [this] { return ending_ || begun_ == count_ || begun_ < asked_ + ahead_; });
    if (ending_ || begun_ == count_) return;
    const std::size_t mine = begun_++;
    lock.unlock();
    Scanned scanned = scan_(mine, scratch);
    lock.lock();
    done_.emplace(mine, std::move(scanned));
    if (mine == asked_) there_.notify_one();
  }
}

Scanned Ahead::next() {
  if (threads_.empty()) return scan_(asked_++, scratch_);
  std::unique_lock lock(mutex_);
  there_.wait(lock, [this] { return done_.contains(asked_); });
  Scanned out = std::move(done_.extract(asked_++).mapped());
  lock.unlock();
  room_.notify_one();
  return out;
}

}  // namespace orbit::logs

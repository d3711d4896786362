// Pieces of work done by threads ahead of who asks for them, given back in their order: a search's blocks. Private to
// logs. Thread rules: one owner; `scan` is called from threads of its own, several at once, until the destructor
// returns, which waits for those that have begun.
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "logs/scan.h"

namespace orbit::logs {

struct Scanned {
  std::vector<Found> found;
  std::string warning;  // "" for none
};

class Ahead {
 public:
  // `scan` of each number below `count`; at most `kAhead` for each thread are held before they are asked for.
  Ahead(std::size_t count, unsigned threads, std::function<Scanned(std::size_t, Scratch&)> scan);
  ~Ahead();
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  // The next one's, `count` times. Blocks.
  Scanned next();

 private:
  static constexpr std::size_t kAhead = 3;
  void work();

  const std::size_t count_, ahead_;
  const std::function<Scanned(std::size_t, Scratch&)> scan_;
  std::mutex mutex_;
  std::condition_variable room_, there_;
  std::map<std::size_t, Scanned> done_;
  std::size_t begun_ = 0, asked_ = 0;  // the first that nobody has begun; the next that is given back
  bool ending_ = false;
  Scratch scratch_;  // of who asks, where there are no threads
  std::vector<std::thread> threads_;
};

}  // namespace orbit::logs

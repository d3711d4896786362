#include "logs/store.h"

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/base.h"
#include "logs/core.h"
#include "logs/limits.h"
#include "logs/search.h"

namespace orbit::logs {
namespace {

constexpr std::size_t kWorthWaking = 1u << 20;  // written before the next flush is due
constexpr auto kSearchPatience = 2s;            // for lines that a full disk keeps from being written

struct Item {
  Key key;
  Source source;
  Batch batch;
  bool forget = false;
};

class ThreadedStore final : public Store {
 public:
  ThreadedStore(std::unique_ptr<Core> core, const Clock& clock)
      : core_(std::move(core)), clock_(clock), repairs_(core_->repairs()), positions_(core_->positions()) {
    thread_ = std::thread([this] { run(); });
  }
  ~ThreadedStore() override {
    {
      const std::lock_guard lock(queueMutex_);
      ending_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  std::vector<std::string> repairs() const override { return repairs_; }
  std::vector<StoredPosition> positions() const override { return positions_; }

  void append(const Key& key, const Source& source, Batch batch) override {
    const std::size_t bytes = batch.bytes().size();
    const std::lock_guard lock(queueMutex_);
    waiting_[source.id] += bytes;
    queuedBytes_ += bytes;
    queue_.push_back({key, source, std::move(batch), false});
    ++appended_;
    if (queue_.size() == 1 || queuedBytes_ > kWorthWaking) wake_.notify_all();
  }
  void forget(const std::string& sourceId) override {
    const std::lock_guard lock(queueMutex_);
    queue_.push_back({{}, {sourceId, "", ""}, {}, true});
    ++appended_;
    if (queue_.size() == 1) wake_.notify_all();
  }
  std::size_t waiting(const std::string& sourceId) const override {
    const std::lock_guard lock(queueMutex_);
    const auto found = waiting_.find(sourceId);
    return found == waiting_.end() ? 0 : found->second;
  }
  bool tooMany(const std::string& sourceId) const override { return waiting(sourceId) > kQueuedBytesMax; }
  std::string trouble() const override {
    const std::lock_guard lock(queueMutex_);
    return trouble_;
  }
  std::vector<Key> keys() const override {
    const std::lock_guard lock(coreMutex_);
    return core_->keys();
  }
  Result<std::unique_ptr<Search>> search(Query query) const override {
    awaitWritten();
    std::vector<ServiceView> views;
    std::map<std::string, Position> positions;
    {
      const std::lock_guard lock(coreMutex_);
      views = core_->view(query.keys);
      for (auto& each : core_->positions()) positions.emplace(each.source.id, std::move(each.position));
    }
    return searchViews(std::move(views), std::move(positions), query, std::thread::hardware_concurrency());
  }

 private:
  void awaitWritten() const {
    std::unique_lock lock(queueMutex_);
    const std::uint64_t until = appended_;
    hurry_ = true;
    wake_.notify_all();
    done_.wait_for(lock, kSearchPatience, [&] { return taken_ >= until; });
  }
  void run();
  bool work(std::vector<Item>& items);

  mutable std::mutex coreMutex_;
  std::unique_ptr<Core> core_;
  const Clock& clock_;
  const std::vector<std::string> repairs_;
  const std::vector<StoredPosition> positions_;

  mutable std::mutex queueMutex_;
  mutable std::condition_variable wake_, done_;
  std::vector<Item> queue_;
  std::map<std::string, std::size_t> waiting_;
  std::size_t queuedBytes_ = 0;
  std::uint64_t appended_ = 0, taken_ = 0;
  mutable bool hurry_ = false;
  bool ending_ = false;
  std::string trouble_;
  std::thread thread_;
};

// Applies, writes, tidies. False when the disk refuses: nothing more is taken until it does not.
bool ThreadedStore::work(std::vector<Item>& items) {
  const std::lock_guard lock(coreMutex_);
  for (const Item& item : items) {
    if (item.forget) {
      core_->forget(item.source.id);
    } else {
      core_->append(item.key, item.source, item.batch);
    }
  }
  items.clear();
  Status done = core_->flush();
  if (done.ok()) done = core_->tidy();
  const std::lock_guard queueLock(queueMutex_);
  const std::string trouble = done.ok() ? "" : done.error().message;
  if (trouble != trouble_) {
    log(done.ok() ? Level::kInfo : Level::kError, "logs", done.ok() ? "lines are written again" : trouble);
  }
  trouble_ = trouble;
  return done.ok();
}

void ThreadedStore::run() {
  Instant synced = clock_.now();
  bool unsynced = false;
  std::unique_lock lock(queueMutex_);
  for (;;) {
    const auto due = [this] { return ending_ || hurry_ || !queue_.empty(); };
    if (unsynced) {
      wake_.wait_for(lock, kSync, due);
    } else {
      wake_.wait(lock, due);
    }
    if (!ending_ && !queue_.empty()) {
      wake_.wait_for(lock, kFlush, [this] { return ending_ || hurry_ || queuedBytes_ > kWorthWaking; });
    }
    hurry_ = false;
    const bool last = ending_;
    std::vector<Item> items = std::exchange(queue_, {});
    const std::map<std::string, std::size_t> bytes = std::exchange(waiting_, {});
    queuedBytes_ = 0;
    const std::uint64_t seen = appended_;
    lock.unlock();
    const bool any = !items.empty();
    bool good = work(items);
    while (!good && !last) {
      std::this_thread::sleep_for(kFullDiskPause);
      good = work(items);
      const std::lock_guard ending(queueMutex_);
      if (ending_) break;
    }
    unsynced = unsynced || any;
    if (unsynced && (last || clock_.now() - synced >= kSync)) {
      const std::lock_guard core(coreMutex_);
      static_cast<void>(core_->sync());
      synced = clock_.now();
      unsynced = false;
    }
    lock.lock();
    taken_ = seen;
    done_.notify_all();
    if (last && queue_.empty()) return;
  }
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(StoreOptions options, const Clock& clock) {
  ORBIT_TRY(auto core, Core::open(std::move(options), clock));
  return std::unique_ptr<Store>(new ThreadedStore(std::move(core), clock));
}

}  // namespace orbit::logs

// The connections of one worker to one instance: used again last in, first out, within the rules of decision 26; when
// there are as many as may be, attempts wait their turn. Private to edge. Thread rules: the worker's thread.
#pragma once
#include <memory>
#include <vector>

#include "edge/upstream/attempt.h"
#include "net/net.h"

namespace orbit::edge {

class InstancePool;
class UpstreamConnection;
class Worker;

class PoolAttempt final : public Attempt, private net::Timer {
 public:
  explicit PoolAttempt(Worker& worker) : worker_(worker) {}
  void begin(AttemptOwner& owner, const AttemptWish& wish, InstancePool& pool);

  void start() override;
  std::size_t sendBody(std::string_view bytes) override;
  void sendEnd(std::string_view trailerLines) override;
  void pauseReading() override;
  void resumeReading() override;
  void cancel() override;

  const AttemptWish& wish() const { return wish_; }
  AttemptOwner& owner() { return *owner_; }
  bool replayable() const { return wish_.replayable && !bodySent_; }
  void attach(UpstreamConnection* connection) { connection_ = connection; }
  // It is over: what it needs to call the owner with is returned, and it may be used for another.
  AttemptOwner& finish();
  void fail(AttemptFailure failure) { finish().onAttemptFailed(failure); }

 private:
  friend class InstancePool;
  void onTimer() override;  // waited too long in the queue

  Worker& worker_;
  AttemptOwner* owner_ = nullptr;
  AttemptWish wish_;
  InstancePool* pool_ = nullptr;
  UpstreamConnection* connection_ = nullptr;
  PoolAttempt* nextWaiting_ = nullptr;
  PoolAttempt* previousWaiting_ = nullptr;
  bool waiting_ = false;
  bool bodySent_ = false;
};

class InstancePool {
 public:
  InstancePool(Worker& worker, std::shared_ptr<InstanceState> instance)
      : worker_(worker), instance_(std::move(instance)) {}
  ~InstancePool();

  void start(PoolAttempt& attempt);           // on a connection at hand, a new one, or later
  void startOnNew(PoolAttempt& attempt);      // a pooled one turned out to be dead
  void release(UpstreamConnection& idle);     // it may serve another
  void gone(UpstreamConnection& connection);  // closed
  void leaveQueue(PoolAttempt& attempt);
  // Closes what is idle too long; true when nothing is left and the instance is in no table any more.
  bool tidy(Instant now);
  void closeIdle();
  const net::Endpoint& endpoint() const { return instance_->endpoint; }

 private:
  friend class UpstreamConnection;
  UpstreamConnection* takeIdle(const PoolAttempt& attempt);
  void connect(PoolAttempt& attempt);
  void enqueue(PoolAttempt& attempt);
  void serveWaiting();

  Worker& worker_;
  std::shared_ptr<InstanceState> instance_;
  std::vector<UpstreamConnection*> idle_;  // the one used last is last
  std::size_t open_ = 0;                   // all of them
  std::size_t connectionsMax_ = 1024;      // as the last attempt's table says
  PoolAttempt* firstWaiting_ = nullptr;
  PoolAttempt* lastWaiting_ = nullptr;
  std::size_t waitingCount_ = 0;
};

// All pools of a worker, by InstanceState::number.
class Pools final : public Upstreams {
 public:
  explicit Pools(Worker& worker) : worker_(worker) {}
  ~Pools() override;
  Attempt& make(AttemptOwner& owner, const AttemptWish& wish) override;
  void giveBack(PoolAttempt& attempt) { free_.push_back(&attempt); }
  void tidy(Instant now);
  void closeIdle();

 private:
  Worker& worker_;
  std::vector<std::unique_ptr<InstancePool>> pools_;
  std::vector<std::unique_ptr<PoolAttempt>> attempts_;  // all there are
  std::vector<PoolAttempt*> free_;
};

}  // namespace orbit::edge

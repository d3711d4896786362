#include "edge/upstream/pool.h"

#include <algorithm>

#include "edge/upstream/connection.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {

void PoolAttempt::begin(AttemptOwner& owner, const AttemptWish& wish, InstancePool& pool) {
  owner_ = &owner;
  wish_ = wish;
  pool_ = &pool;
  connection_ = nullptr;
  bodySent_ = false;
}

void PoolAttempt::start() {
  pool_->start(*this);
}

std::size_t PoolAttempt::sendBody(std::string_view bytes) {
  bodySent_ = true;
  return connection_->sendBody(bytes);
}

void PoolAttempt::sendEnd(std::string_view trailerLines) {
  connection_->sendEnd(trailerLines);
}

void PoolAttempt::pauseReading() {
  connection_->pause();
}

void PoolAttempt::resumeReading() {
  connection_->resume();
}

AttemptOwner& PoolAttempt::finish() {
  Timer::cancel();
  connection_ = nullptr;
  worker_.pools().giveBack(*this);
  return *owner_;
}

void PoolAttempt::cancel() {
  if (waiting_) pool_->leaveQueue(*this);
  UpstreamConnection* const connection = connection_;
  finish();
  if (connection != nullptr) connection->cancel();
}

void PoolAttempt::onTimer() {
  pool_->leaveQueue(*this);
  fail(AttemptFailure::kQueueTimeout);
}

InstancePool::~InstancePool() = default;

void InstancePool::start(PoolAttempt& attempt) {
  connectionsMax_ = attempt.wish().config->connectionsMax;
  if (UpstreamConnection* connection = takeIdle(attempt)) return connection->serve(attempt);
  startOnNew(attempt);
}

void InstancePool::startOnNew(PoolAttempt& attempt) {
  if (open_ - idle_.size() >= connectionsMax_) return enqueue(attempt);
  if (open_ >= connectionsMax_) idle_.front()->discard();
  connect(attempt);
}

UpstreamConnection* InstancePool::takeIdle(const PoolAttempt& attempt) {
  while (!idle_.empty()) {
    UpstreamConnection* const connection = idle_.back();
    const Duration age = worker_.now() - connection->idleSince();
    if (age > kPoolIdleMax) {
      // The others are older.
      closeIdle();
      return nullptr;
    }
    if (!attempt.replayable()) {
      if (age > kPoolIdleMaxUnrepeatable) return nullptr;
      if (!connection->stillQuiet()) {
        connection->discard();
        continue;
      }
    }
    idle_.pop_back();
    return connection;
  }
  return nullptr;
}

void InstancePool::connect(PoolAttempt& attempt) {
  Result<net::Descriptor> socket = net::startConnect(instance_->endpoint);
  if (!socket.ok()) return attempt.fail(AttemptFailure::kConnect);
  auto connection = std::make_unique<UpstreamConnection>(worker_, *this);
  if (!connection->connect(std::move(*socket), attempt)) return attempt.fail(AttemptFailure::kConnect);
  ++open_;
  attempt.attach(connection.release());  // it owns itself
}

void InstancePool::enqueue(PoolAttempt& attempt) {
  if (waitingCount_ >= attempt.wish().config->waitingMax) return attempt.fail(AttemptFailure::kQueueFull);
  ++waitingCount_;
  attempt.waiting_ = true;
  attempt.nextWaiting_ = nullptr;
  attempt.previousWaiting_ = lastWaiting_;
  (lastWaiting_ != nullptr ? lastWaiting_->nextWaiting_ : firstWaiting_) = &attempt;
  lastWaiting_ = &attempt;
  worker_.reactor().timers().arm(attempt, worker_.now() + attempt.wish().config->queueTimeout);
}

void InstancePool::leaveQueue(PoolAttempt& attempt) {
  --waitingCount_;
  attempt.waiting_ = false;
  PoolAttempt* const next = attempt.nextWaiting_;
  PoolAttempt* const previous = attempt.previousWaiting_;
  (previous != nullptr ? previous->nextWaiting_ : firstWaiting_) = next;
  (next != nullptr ? next->previousWaiting_ : lastWaiting_) = previous;
  attempt.Timer::cancel();
}

void InstancePool::serveWaiting() {
  while (firstWaiting_ != nullptr && open_ - idle_.size() < connectionsMax_) {
    PoolAttempt& attempt = *firstWaiting_;
    leaveQueue(attempt);
    start(attempt);
  }
}

void InstancePool::release(UpstreamConnection& idle) {
  if (instance_->draining.load(std::memory_order_relaxed) && firstWaiting_ == nullptr) return idle.discard();
  idle_.push_back(&idle);
  serveWaiting();
}

void InstancePool::gone(UpstreamConnection& connection) {
  const auto at = std::find(idle_.rbegin(), idle_.rend(), &connection);
  if (at != idle_.rend()) idle_.erase(std::next(at).base());
  --open_;
  serveWaiting();
}

bool InstancePool::tidy(Instant now) {
  const bool draining = instance_->draining.load(std::memory_order_relaxed);
  while (!idle_.empty() && (draining || now - idle_.front()->idleSince() > kPoolIdleMax)) idle_.front()->discard();
  return draining && open_ == 0 && waitingCount_ == 0;
}

void InstancePool::closeIdle() {
  while (!idle_.empty()) idle_.back()->discard();
}

Pools::~Pools() = default;

Attempt& Pools::make(AttemptOwner& owner, const AttemptWish& wish) {
  const std::size_t number = wish.instance->number;
  if (number >= pools_.size()) pools_.resize(number + 1);
  std::unique_ptr<InstancePool>& pool = pools_[number];
  if (!pool) pool = std::make_unique<InstancePool>(worker_, wish.instance->shared_from_this());
  if (free_.empty()) {
    attempts_.push_back(std::make_unique<PoolAttempt>(worker_));
    free_.push_back(attempts_.back().get());
  }
  PoolAttempt& attempt = *free_.back();
  free_.pop_back();
  attempt.begin(owner, wish, *pool);
  return attempt;
}

void Pools::tidy(Instant now) {
  for (auto& pool : pools_) {
    if (pool && pool->tidy(now)) pool.reset();
  }
}

void Pools::closeIdle() {
  for (auto& pool : pools_) {
    if (pool) pool->closeIdle();
  }
}

}  // namespace orbit::edge

#include "deploy/progress.h"

#include "deploy/limits.h"

namespace orbit::deploy {

using net::Task;
using net::Wait;

void Progress::tell(Event event) {
  events_.push_back(std::move(event));
  if (events_.size() > kEventsKept) {
    events_.pop_front();
    ++dropped_;
  }
  changed_.notifyAll();
}

void Progress::reach(Stage stage, std::string summary) {
  stage_ = stage;
  if (!summary.empty()) summary_ = std::move(summary);
  changed_.notifyAll();
}

namespace {

// Also when the follower's task is destroyed while it waits.
struct Following {
  std::set<const Observer*>& all;
  const Observer* one;
  Following(std::set<const Observer*>& followers, const Observer* follower) : all(followers), one(follower) {
    all.insert(one);
  }
  ~Following() { all.erase(one); }
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;
};

}  // namespace

Task<Outcome> Progress::follow(int group, Stage until, Observer observer, Wait wait) {
  std::size_t next = dropped_;
  const Following following(followers_, &observer);
  Outcome outcome;
  outcome.group = group;
  while (true) {
    next = std::max(next, dropped_);
    while (next - dropped_ < events_.size()) {
      const Event event = events_[next - dropped_];
      ++next;
      observer.event(event);
    }
    outcome.stage = stage_;
    if (stage_ >= until || over()) break;
    const Status woken = co_await changed_.wait(wait);
    if (!woken.ok()) break;
  }
  outcome.summary = summary_;
  outcome.failures = failures_;
  co_return outcome;
}

stack::Observer Progress::stackObserver() {
  stack::Observer all;
  all.step = [this](const stack::Step& step) {
    for (const auto* one : followers_) one->stack.step(step);
  };
  all.buildOutput = [this](const std::string& service, std::string_view line) {
    for (const auto* one : followers_) one->stack.buildOutput(service, line);
  };
  all.warning = [this](const model::Warning& warning) {
    for (const auto* one : followers_) one->stack.warning(warning);
  };
  return all;
}

}  // namespace orbit::deploy

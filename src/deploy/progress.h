// What those who follow a group are told, also those who come late. Private to deploy. Thread rules: the thread of its
// Loop.
#pragma once
#include <deque>
#include <set>

#include "deploy/deploy.h"

namespace orbit::deploy {

class Progress {
 public:
  explicit Progress(net::Loop& loop) : changed_(loop) {}

  void tell(Event event);
  // The stage it has reached, and what there is to say of it.
  void reach(Stage stage, std::string summary);
  void fail(stack::Failure failure) { failures_.push_back(std::move(failure)); }
  Stage stage() const { return stage_; }
  bool over() const { return stage_ >= Stage::kSettled; }

  // Tells everything so far and what comes, until the stage is reached or it is over.
  net::Task<Outcome> follow(int group, Stage until, Observer observer, net::Wait wait);
  // Builds and pulls, passed on to whoever follows at that moment.
  stack::Observer stackObserver();

 private:
  std::deque<Event> events_;
  std::size_t dropped_ = 0;  // from the front
  Stage stage_ = Stage::kQueued;
  std::string summary_;
  std::vector<stack::Failure> failures_;
  std::set<const Observer*> followers_;
  net::Condition changed_;
};

}  // namespace orbit::deploy

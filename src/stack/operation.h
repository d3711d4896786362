// What one call of Stack has in hand: the engine, who watches, how long it may take, and what failed so far. Owned by
// the call's own frame; everything it starts refers to it and ends before it. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "stack/stack.h"

namespace orbit::stack {

struct Operation {
  net::Loop& loop;
  engine::Engine& engine;
  const std::string& home;
  Observer observer;
  net::Wait wait;
  std::vector<Failure> failures = {};

  void step(Step::Kind kind, const std::string& name, const std::string& service, const char* state,
            std::string detail = "") const {
    observer.step(Step{kind, name, service, state, std::move(detail), 0, 0});
  }
  void containerStep(const std::string& name, const std::string& service, const char* state,
                     std::string detail = "") const {
    step(Step::Kind::kContainer, name, service, state, std::move(detail));
  }
  void warn(model::Warning warning) const { observer.warning(warning); }
  void fail(Error error, const std::string& service = "", const std::string& container = "") {
    failures.push_back(Failure{std::move(error), service, container, 0, {}, ""});
  }
  bool cancelled() const { return wait.cancel != nullptr && wait.cancel->requested(); }
  // What failed, said once: a cancelled operation is one failure, and so is an engine that went away.
  Outcome outcome();
};

// At most so many at once.
class Gate {
 public:
  Gate(net::Loop& loop, int places) : changed_(loop), places_(places) {}
  net::Task<Status> enter(net::Wait wait) {
    while (places_ == 0) {
      ORBIT_CO_TRY_STATUS(co_await changed_.wait(wait));
    }
    --places_;
    co_return Status();
  }
  void leave() {
    ++places_;
    changed_.notifyAll();
  }

 private:
  net::Condition changed_;
  int places_;
};

}  // namespace orbit::stack

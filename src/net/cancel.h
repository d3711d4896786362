// Cancel: a request to stop that travels down to every wait. A child is cancelled with its parent. Thread rules:
// belongs to its Loop's thread; must outlive the waits that were given it.
#pragma once
#include <functional>
#include <list>

#include "base/clock.h"

namespace orbit::net {

class Cancel {
 public:
  explicit Cancel(Cancel* parent = nullptr);
  ~Cancel();
  Cancel(const Cancel&) = delete;
  Cancel& operator=(const Cancel&) = delete;

  void request();  // idempotent; runs the registered callbacks
  bool requested() const { return requested_; }

  // Runs `onRequest` once when cancelled (at once if it already is). The registration ends with the object.
  class Registration {
   public:
    Registration() = default;
    Registration(Cancel* cancel, std::function<void()> onRequest);
    ~Registration() { reset(); }
    Registration(Registration&& other) noexcept;
    Registration& operator=(Registration&& other) noexcept;
    void reset();

   private:
    Cancel* cancel_ = nullptr;
    std::list<std::function<void()>>::iterator at_;
  };

 private:
  bool requested_ = false;
  std::list<std::function<void()>> callbacks_;
  Registration parent_;
};

// How long a call may take and who may stop it. Every operation that waits takes one: kTimeout, kCancelled.
struct Wait {
  Instant deadline = Instant::max();
  Cancel* cancel = nullptr;
  // The same, but at most until `other`.
  Wait until(Instant other) const { return {deadline < other ? deadline : other, cancel}; }
};

}  // namespace orbit::net

// Cancel: a request to stop that travels down to every wait. A child is cancelled with its parent. Thread rules:
// belongs to its Loop's thread. Whichever of a Cancel and its registrations is destroyed first leaves the other sound.
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

  void request();  // idempotent; runs the registered callbacks, which must not destroy this object
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
    friend class Cancel;
    Cancel* cancel_ = nullptr;
    std::list<Registration*>::iterator at_;
    std::function<void()> onRequest_;
  };

 private:
  bool requested_ = false;
  std::list<Registration*> registered_;
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

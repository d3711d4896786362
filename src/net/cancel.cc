#include "net/cancel.h"

#include <utility>

namespace orbit::net {

Cancel::Cancel(Cancel* parent) {
  if (parent != nullptr) parent_ = Registration(parent, [this] { request(); });
}

Cancel::~Cancel() {
  for (Registration* registration : registered_) registration->cancel_ = nullptr;
}

void Cancel::request() {
  requested_ = true;
  while (!registered_.empty()) {
    Registration* next = registered_.front();
    registered_.pop_front();
    next->cancel_ = nullptr;
    // The callback may destroy its own registration.
    const auto callback = std::move(next->onRequest_);
    callback();
  }
}

Cancel::Registration::Registration(Cancel* cancel, std::function<void()> onRequest) {
  if (cancel->requested_) {
    onRequest();
    return;
  }
  cancel_ = cancel;
  onRequest_ = std::move(onRequest);
  at_ = cancel->registered_.insert(cancel->registered_.end(), this);
}

Cancel::Registration::Registration(Registration&& other) noexcept {
  *this = std::move(other);
}

Cancel::Registration& Cancel::Registration::operator=(Registration&& other) noexcept {
  if (this == &other) return *this;
  reset();
  cancel_ = std::exchange(other.cancel_, nullptr);
  at_ = other.at_;
  onRequest_ = std::move(other.onRequest_);
  if (cancel_ != nullptr) *at_ = this;
  return *this;
}

void Cancel::Registration::reset() {
  if (cancel_ != nullptr) cancel_->registered_.erase(at_);
  cancel_ = nullptr;
  onRequest_ = nullptr;
}

}  // namespace orbit::net

// What goes on after a 101: WebSockets of a release that takes no more visitors end properly (decision 26).
#include <algorithm>

#include "edge/exchange/exchange_state.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {
namespace {

constexpr std::string_view kGoingAway("\x88\x02\x03\xe9", 4);  // a close frame with 1001 (RFC 6455 7.4.1)

bool stillServed(const TableRuntime& table, const std::string& service, const ReleaseState& release) {
  const int number = table.serviceNumber(service);
  if (number < 0) return false;
  for (const ReleaseState& other : table.services[static_cast<std::size_t>(number)]->releases) {
    if (other.id == release.id) return !other.draining;
  }
  return false;
}

}  // namespace

void ExchangeState::checkTunnel(const TableRuntime& current) {
  const model::TableService& config = service()->config;
  const bool instanceGone = choice_.instance->draining.load(std::memory_order_relaxed);
  if (!worker_.draining() && !instanceGone && stillServed(current, config.name, *choice_.release)) {
    return Timer::cancel();
  }
  if (!armed()) worker_.reactor().timers().arm(*this, worker_.now() + config.upgradeGrace);
}

// Follows the frames that the server sends, so that one of ours never falls into one of its. How much of `bytes` to
// pass on: all, or, when the tunnel is to end, as far as the frame goes.
std::size_t ExchangeState::watchTunnel(std::string_view bytes) {
  const std::size_t all = bytes.size();
  while (!bytes.empty()) {
    if (closeWanted_ && betweenFrames()) break;
    if (frameLeft_ > 0) {
      const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(frameLeft_, bytes.size()));
      bytes.remove_prefix(size);
      frameLeft_ -= size;
      continue;
    }
    frameHead_[frameHeadSize_++] = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    if (frameHeadSize_ < 2) continue;
    const std::uint8_t length = frameHead_[1] & 0x7f;
    const std::size_t extended = length == 127 ? 8 : length == 126 ? 2 : 0;
    const std::size_t mask = (frameHead_[1] & 0x80) != 0 ? 4 : 0;
    if (frameHeadSize_ < 2 + extended + mask) continue;
    frameLeft_ = extended == 0 ? length : 0;
    for (std::size_t i = 0; i < extended; ++i) frameLeft_ = frameLeft_ << 8 | frameHead_[2 + i];
    frameHeadSize_ = 0;
  }
  return all - bytes.size();
}

void ExchangeState::closeTunnel() {
  if (webSocket_ && !closeWanted_ && !betweenFrames()) {
    closeWanted_ = true;
    worker_.reactor().timers().arm(*this, worker_.now() + kFrameGrace);
    return;
  }
  if (webSocket_ && betweenFrames()) client_->sendBody(kGoingAway);
  cutAnswer();
}

}  // namespace orbit::edge

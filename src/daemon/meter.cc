#include "daemon/meter.h"

#include "daemon/exposition.h"

namespace orbit::daemon {
namespace {

constexpr Duration kWriteEvery = std::chrono::seconds(1);

}  // namespace

Meter::Meter(net::Loop& loop, Watcher& watcher, std::string folder)
    : loop_(loop), disk_(series::folderDisk(std::move(folder))), recorder_(*disk_) {
  watcher.onSnapshot([this](const signal::Snapshot& snapshot) { recorder_.take(snapshot); });
  watcher.onTick([this](const std::vector<std::uint64_t>& generations) {
    recorder_.keepOnly(generations);
    recorder_.tick(loop_.clock().wallUs(), loop_.clock().now());
  });
}

net::Task<void> Meter::write() {
  const std::vector<series::Action> actions = recorder_.actions();
  series::Outcome outcome;
  co_await loop_.offload([&] { outcome = series::run(*disk_, actions); });
  recorder_.done(outcome);
}

net::Task<void> Meter::run(net::Cancel& cancel) {
  const net::Wait wait{Instant::max(), &cancel};
  while (!cancel.requested()) {
    co_await write();
    static_cast<void>(co_await loop_.sleep(kWriteEvery, wait));
  }
  recorder_.stop(loop_.clock().wallUs());
  co_await write();
}

net::Task<series::Answer> Meter::ask(series::Question question) {
  series::Reading reading = recorder_.reading(std::move(question), loop_.clock().wallUs());
  series::Answer answer;
  co_await loop_.offload([&] { answer = series::answer(*disk_, std::move(reading)); });
  co_return answer;
}

std::vector<std::string> Meter::problems() const {
  return {recorder_.problems().begin(), recorder_.problems().end()};
}

std::vector<api::ContainerNow> Meter::containers() const {
  return resources_ == nullptr ? std::vector<api::ContainerNow>() : resources_->containers();
}

std::optional<std::set<alert::Place>> Meter::running() const {
  return resources_ == nullptr ? std::nullopt : resources_->running();
}

api::HostNow Meter::host() const {
  return resources_ == nullptr ? api::HostNow() : resources_->host();
}

std::string Meter::exposition() const {
  series::Span totals = recorder_.totals();
  return expositionText({std::move(totals.values), containers(), host(), totals.samplesDropped, recorder_.writes()});
}

}  // namespace orbit::daemon

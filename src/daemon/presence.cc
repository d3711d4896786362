#include "daemon/presence.h"

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

#include "format/json.h"

namespace orbit::daemon {
namespace {

using format::Json;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr const char* kBootId = "/proc/sys/kernel/random/boot_id";

// When a process began, on the clock of the boot; 0: not known. proc(5): the 22nd word of its stat, in ticks; the
// second may have spaces, in brackets.
std::int64_t startOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const auto bracket = line.rfind(')');
  if (bracket == std::string::npos) return 0;
  constexpr std::size_t kStart = 20;  // behind the bracket
  const auto words = split(std::string_view(line).substr(bracket + 1), ' ');
  if (words.size() <= kStart) return 0;
  return std::atoll(std::string(words[kStart]).c_str()) * (kSecondUs / ::sysconf(_SC_CLK_TCK));
}

}  // namespace

Presence::Presence(const std::string& kept, const series::Recorder::Before& before, const Now& now) {
  const auto read = format::parseJson(kept, "presence");
  if (read.ok()) {
    boot_ = (*read)["boot"].asString();
    heldUs_ = (*read)["heldUs"].asInt();
    offsetUs_ = (*read)["offsetUs"].asInt();
    const Json& missed = (*read)["missed"];
    if (!missed.isNull()) {
      missed_ = Missed{missed["boot"].asString(), missed["bootUs"].asInt(), missed["wallUs"].asInt(),
                       missed["stopped"].asBool()};
    }
  }
  const bool sameHold = boot_ == now.boot && heldUs_ == now.heldUs;
  const bool conclusive = !boot_.empty() && !now.boot.empty() && before.wallUs != 0;
  if (!sameHold && conclusive) {
    // What an earlier hold missed and had no time to tell began earlier still.
    const bool longer = missed_ && !missed_->stopped && !before.stopped;
    if (!longer) missed_ = Missed{boot_, before.wallUs - offsetUs_, before.wallUs, before.stopped};
  }
  boot_ = now.boot;
  heldUs_ = now.heldUs;
  offsetUs_ = now.wallUs - now.bootUs;
}

std::string Presence::text() const {
  Json json = Json::object({{"boot", boot_}, {"heldUs", heldUs_}, {"offsetUs", offsetUs_}});
  if (missed_) {
    json.set("missed", Json::object({{"boot", missed_->boot},
                                     {"bootUs", missed_->bootUs},
                                     {"wallUs", missed_->wallUs},
                                     {"stopped", missed_->stopped}}));
  }
  return json.dump();
}

void Presence::see(const Now& now) {
  const std::int64_t offsetUs = now.wallUs - now.bootUs;
  if (std::abs(offsetUs - offsetUs_) >= kSecondUs) offsetUs_ = offsetUs;
}

std::optional<alert::Outage> Presence::missed(const Now& now) const {
  if (!missed_) return std::nullopt;
  alert::Outage outage;
  outage.fromUs = missed_->boot == now.boot ? now.wallUs - (now.bootUs - missed_->bootUs) : missed_->wallUs;
  outage.toUs = now.wallUs - (now.bootUs - heldUs_);
  outage.known = !missed_->stopped;
  outage.reason = missed_->stopped            ? "Orbit was stopped"
                  : missed_->boot == now.boot ? "Orbit was away"
                                              : "the machine was away";
  return outage;
}

Presence::Now presenceNow(const Clock& clock) {
  Presence::Now now;
  std::ifstream(kBootId) >> now.boot;
  timespec since{};
  ::clock_gettime(CLOCK_BOOTTIME, &since);
  now.bootUs = since.tv_sec * kSecondUs + since.tv_nsec / 1000;
  now.heldUs = startOf(::getppid());
  now.wallUs = clock.wallUs();
  if (now.heldUs == 0) now.boot.clear();
  return now;
}

}  // namespace orbit::daemon

// The limits and patiences of deploy.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orbit::deploy {

using namespace std::chrono_literals;

inline constexpr int kReleasesKept = 10;  // of an environment, beside those that are live
// The same while the engine's disk is short of space: when less is free than this share of it, or than these bytes.
inline constexpr int kReleasesKeptShort = 1;
inline constexpr double kDiskFreeShare = 0.1;
inline constexpr std::uint64_t kDiskFreeMost = 10'000'000'000;
inline constexpr auto kDiskLookEvery = 1min;
inline constexpr auto kProbeGapFirst = 50ms;  // between two probes at the gate, doubled up to …
inline constexpr auto kProbeGapSoon = 200ms;  // … this in the gate's first time, then up to the probe's interval
inline constexpr auto kProbesSoonFor = 10s;
inline constexpr auto kPassesApart = 300ms;      // between two passing probes that count
inline constexpr auto kRunsFor = 2s;             // what listens nowhere must stay up so long
inline constexpr auto kLocalhostPatience = 3s;   // a port seen on 127.0.0.1 only is waited for that long
inline constexpr auto kOtherPortPatience = 10s;  // for the expected port, once another one is listened on
inline constexpr int kExitsAtGate = 2;           // then it will not come up
inline constexpr std::size_t kLogTailLines = 20;
inline constexpr std::size_t kBodyShown = 300;  // bytes of a probe's answer
inline constexpr auto kExplainTime = 5s;
inline constexpr auto kEngineTime = 60s;     // one change of the engine
inline constexpr auto kLookTime = 1s;        // for one look at what runs, where a visitor waits for it
inline constexpr auto kServeTime = 20s;      // for the edge to take a table
inline constexpr auto kCommandTime = 30min;  // check and pre-deploy commands
inline constexpr auto kTick = 1s;            // of a watch, without evidence that comes earlier
inline constexpr auto kProbeWatched = 2s;    // between two probes of a watched instance
// For what is in flight at a paused service before its one instance is stopped. All others wait meanwhile, and a
// WebSocket would be waited for in vain.
inline constexpr auto kPausedDrain = 3s;
inline constexpr auto kHealAgain = 5s;
inline constexpr int kSubnetsTried = 64;
inline constexpr int kFirstHost = 2, kLastHost = 126;  // of an environment's /24, for instances
inline constexpr std::size_t kEventsKept = 500;        // of one group, for those who follow late
inline constexpr auto kLogMax = "32m";                 // decision 9
inline constexpr std::size_t kHiddenLeast = 4;         // bytes of a secret worth hiding: "1" is in every line
inline constexpr auto kLogFiles = "4";

}  // namespace orbit::deploy

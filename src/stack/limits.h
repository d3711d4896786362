// Every bound and pace of the stack room in one place.
#pragma once
#include <chrono>
#include <cstddef>

namespace orbit::stack {

using namespace std::chrono_literals;

// Health (decision 20).
inline constexpr auto kPassesApart = 300ms;     // between the starts of two passing probes that count
inline constexpr auto kProbeGapFirst = 50ms;    // doubled after each failure, up to the file's interval
inline constexpr auto kPortWait = 30s;          // for ports to accept after the probe passed
inline constexpr auto kPortGapFirst = 20ms;     // between two looks at a port …
inline constexpr auto kPortGapMost = 500ms;     // … at most
inline constexpr auto kLocalhostPatience = 3s;  // a port seen on 127.0.0.1 only is waited for that long
inline constexpr auto kPortProbeTimeout = 1s;   // of one connection attempt
inline constexpr auto kSettle = 300ms;          // what has no healthcheck and no port must run that long
inline constexpr auto kRestartGap = 200ms;      // between two looks at a container that its policy restarts
inline constexpr int kRestartsMost = 3;         // restarts by policy after which a start counts as failed
inline constexpr std::size_t kKnownHealthyMost = 4096;
// The engine's defaults for a healthcheck (Docker Engine API, HealthConfig).
inline constexpr auto kHealthInterval = 30s;
inline constexpr auto kHealthTimeout = 30s;
inline constexpr int kHealthRetries = 3;

inline constexpr int kBuildsAtOnce = 2;
inline constexpr int kPullsAtOnce = 4;
inline constexpr int kReplicasMost = 500;  // of one service
inline constexpr std::size_t kLogTailLines = 20;
inline constexpr std::size_t kLogLineBytes = 2000;
inline constexpr auto kExplainTimeout = 5s;  // for finding out why something failed

}  // namespace orbit::stack

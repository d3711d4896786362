// Every bound of the engine room in one place: sizes in bytes, spans as chrono types.
#pragma once
#include <chrono>
#include <cstddef>

namespace orbit::engine {

using namespace std::chrono_literals;

// Deadlines of a call whose Wait has none. Streams (logs, events, wait, attach) run until cancelled.
inline constexpr auto kReadDeadline = 30s;
inline constexpr auto kChangeDeadline = 2min;
inline constexpr auto kPullDeadline = 60min;
inline constexpr auto kBuildDeadline = 60min;
inline constexpr auto kExecDeadline = 60s;
// What stop needs beyond the container's grace.
inline constexpr auto kStopMargin = 30s;
inline constexpr auto kStopGraceDefault = 10s;
inline constexpr auto kProbeDeadline = 2s;
inline constexpr auto kCredentialHelperDeadline = 20s;
// Between two attempts of a read while the engine is away.
inline constexpr auto kRetryFirst = 50ms;
inline constexpr auto kRetryMost = 1s;
inline constexpr auto kExitPollFirst = 5ms;
// What is left of a container's start gets SIGTERM this long, then SIGKILL.
inline constexpr auto kRemainsGrace = 5s;
inline constexpr auto kRemainsPause = 100ms;
// How long a call waits for an engine that went away in the middle, when its own deadline is later.
inline constexpr auto kRestartPatience = 20s;

// A create whose caller died: how long its container is waited for, and between two looks.
inline constexpr auto kNamePatience = 15s;
inline constexpr auto kNameGap = 100ms;

inline constexpr std::size_t kProbeBodyBytes = 2048;
inline constexpr std::size_t kAnswerBytesMax = 32u << 20;
inline constexpr std::size_t kErrorBytesMax = 64u << 10;
inline constexpr std::size_t kExecOutputBytesMax = 64u << 10;
inline constexpr std::size_t kFrameBytesMax = 16u << 20;
inline constexpr std::size_t kProgressLineBytesMax = 1u << 20;
inline constexpr std::size_t kDockerConfigBytesMax = 1u << 20;
inline constexpr std::size_t kBuildTailLines = 20;
inline constexpr std::size_t kReadChunkBytes = 64u << 10;
// json-file's own limit for one record is 16 KiB; longer pieces come only from raw terminals.
inline constexpr std::size_t kLogLineBytesMax = 64u << 10;

}  // namespace orbit::engine

// Every bound of the log store in one place: sizes in bytes, spans as chrono types. Private to logs.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orbit::logs {

using namespace std::chrono_literals;

// A longer line is cut there; what was cut is counted in the line itself.
inline constexpr std::size_t kLineBytesMax = 256u << 10;
// Lines that belong together (a stack trace); those beyond begin an entry of their own.
inline constexpr std::size_t kTraceLinesMax = 1000;
// A stack trace that follows the logger's line belongs to it when it came this soon.
inline constexpr std::int64_t kTraceFollowsUs = 100'000;

// A block is compressed when it has so much text, or when the open blocks of all services together have.
inline constexpr std::size_t kBlockBytesMax = 1u << 20;
inline constexpr std::size_t kOpenBytesMax = 8u << 20;
inline constexpr std::size_t kSegmentBytesMax = 16u << 20;
inline constexpr auto kSegmentSpanMax = 24h;
inline constexpr std::size_t kFilterBytesMax = 32u << 10;
// What a reader believes of a block's head.
inline constexpr std::size_t kBlockTextMax = 16u << 20;
inline constexpr std::size_t kBlockLinesMax = 4u << 20;
inline constexpr std::size_t kBlockSourcesMax = 1u << 16;
inline constexpr int kZstdLevel = 1;

// The journal is begun afresh beyond it; a frame holds one container's batch, or a snapshot's part.
inline constexpr std::size_t kJournalBytesMax = 16u << 20;
inline constexpr std::size_t kFrameBytesMax = 32u << 20;

// Lines that wait for the store's thread, of one container: beyond it, its stream is read no further.
inline constexpr std::size_t kQueuedBytesMax = 256u << 10;
inline constexpr auto kFlush = 100ms;
inline constexpr auto kSync = 1s;
inline constexpr auto kFullDiskPause = 1s;

// Records of a stream that are remembered, to find its place again: at least so many, at most twice.
inline constexpr std::size_t kPositionMarks = 32;

// Of a service that floods, what comes beyond is left out and counted: so much a second, after so much at once.
inline constexpr std::size_t kFloodBytesASecond = 8u << 20;
inline constexpr std::size_t kFloodBurstBytes = 512u << 20;

}  // namespace orbit::logs

// Every bound of the collect room in one place: sizes in bytes, spans as chrono types. Private to collect.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orbit::collect {

using namespace std::chrono_literals;

inline constexpr auto kFlush = 50ms;  // what was read is handed to the store at least so often
inline constexpr std::size_t kBatchBytes = 64u << 10;
inline constexpr auto kFullPause = 20ms;  // between two looks whether the store takes more
inline constexpr auto kRetryFirst = 200ms;
inline constexpr auto kRetryMost = 5s;
inline constexpr auto kRelist = 30s;   // events may be missed; a listing is not
inline constexpr auto kSilence = 30s;  // after which a follow that says nothing is looked after
inline constexpr auto kProbe = 10s;    // deadline of such a look
inline constexpr auto kDrain = 3s;     // a removal waits for its container's last lines so long
inline constexpr auto kDrainLook = 20ms;

inline constexpr auto kClockLook = 1s;
inline constexpr std::int64_t kClockStepUs = 100'000;

// A stream is read again from this much before its last record, for a clock that was set back meanwhile.
inline constexpr std::int64_t kBackUs = 2'000'000;
// Records held while it is not clear whether they were taken before.
inline constexpr std::size_t kHeldMax = 10'000;
// A reader that is so far behind, and whose next record is so much later, may have been overtaken by rotation.
inline constexpr std::int64_t kBehindUs = 1'000'000;
inline constexpr std::int64_t kJumpUs = 200'000;

}  // namespace orbit::collect

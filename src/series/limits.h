// The limits of series. Thread rules: constants.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orbit::series {

inline constexpr std::size_t kKeysMax = 5'000;      // in one period; what comes beyond is summed under one name
inline constexpr std::size_t kGenerationsMax = 64;  // of the edge, that are counted on
inline constexpr std::size_t kCountedMax = 40'000;  // their series
inline constexpr std::size_t kKeyPartBytesMax = 200;
inline constexpr std::size_t kPendingMax = 240;                       // periods that wait for a disk that is full
inline constexpr std::uint64_t kPlainBytesMax = 64ULL * 1024 * 1024;  // of one record, unpacked
inline constexpr std::uint64_t kRecordBytesMax = kPlainBytesMax;
inline constexpr std::uint64_t kProgressBytesMin = 8ULL * 1024 * 1024;  // the file is begun anew beyond this
inline constexpr std::uint64_t kFolderBytesMax = 500'000'000;           // of all tiers; the oldest minutes go first
inline constexpr std::chrono::seconds kStallMost{5};  // between two ticks; a longer time was not observed
inline constexpr std::chrono::seconds kStepLeast{2};  // of the wall clock against the steady one, to be told
inline constexpr std::size_t kProblemsMax = 20;       // kept to be shown

}  // namespace orbit::series

// The limits of notify.
#pragma once
#include <chrono>
#include <cstddef>

namespace orbit::notify {

inline constexpr std::chrono::seconds kDeliveryTime{10};  // for one attempt, connecting included
inline constexpr std::chrono::seconds kFirstRetry{5};     // doubled each time
inline constexpr std::chrono::minutes kLongestRetry{15};
inline constexpr std::chrono::hours kLongestStated{6};     // of a Retry-After that is believed
inline constexpr std::chrono::hours kGiveUpAfter{24};      // then it is parked
inline constexpr int kAttemptsMax = 150;                   // likewise
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024;  // read of an answer
inline constexpr std::size_t kAnswerShown = 120;           // of it in a message
inline constexpr std::size_t kAtOnce = 8;                  // deliveries
inline constexpr std::size_t kWaitingMax = 2'000;          // the oldest are parked beyond
inline constexpr std::size_t kKept = 500;                  // delivered or parked, for listings
inline constexpr std::size_t kSlackTextMax = 3'000;        // characters of a section
inline constexpr std::size_t kNtfyTextMax = 4'000;         // of 4,096 bytes; longer becomes an attachment
inline constexpr std::size_t kNtfyTitleMax = 250;
inline constexpr std::size_t kSubjectMax = 200;

}  // namespace orbit::notify

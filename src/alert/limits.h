// The limits of alert, and the numbers its rules are made of. docs/alerts.md explains each.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orbit::alert {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::int64_t us(std::chrono::microseconds span) {
  return span.count();
}

// Evidence.
inline constexpr std::uint64_t kRequestsLeast = 30;       // in the windows that are judged
inline constexpr std::uint64_t kFailuresLeast = 5;        // from kClientsLeast clients
inline constexpr std::uint64_t kFailuresAloneLeast = 10;  // where only one client is seen
inline constexpr unsigned kClientsLeast = 2;
inline constexpr double kChance = 1e-5;  // that so many failures come by chance where the threshold is just kept
inline constexpr double kCalm = 0.8;     // a share is well again below this part of its threshold

// Short rules: windows of half a minute.
inline constexpr std::int64_t kWindowUs = us(seconds(30));
inline constexpr std::size_t kBadWindows = 2;            // in a row
inline constexpr std::size_t kGoodWindows = 4;           // in a row, to resolve
inline constexpr std::int64_t kGapUs = us(seconds(45));  // not observed between two that are still in a row
inline constexpr std::size_t kWindowsKept = 8;
inline constexpr std::int64_t kNoFailureUs = us(minutes(10));  // a quiet service is well again after this
inline constexpr std::int64_t kProbeDownUs = us(seconds(60));
inline constexpr std::int64_t kSilentAfterUs = us(minutes(3));  // no window came: nothing is known

// Page views: judged at their 75th percentile, as the field does.
inline constexpr std::size_t kViewsKept = 30, kViewsLeast = 10;
inline constexpr std::int64_t kViewsOldUs = us(hours(24));  // without a newer view: nothing is known

// Traffic that fell to zero: each window of the last hour had so many requests, and now these have none.
inline constexpr std::uint64_t kSteadyRequests = 10;
inline constexpr std::size_t kSteadyWindows = 120;
inline constexpr std::size_t kSilentWindows = 3;

// Uptime, in minutes: one of 200 is the table's 99.5 %.
inline constexpr std::uint64_t kUptimeMinutes = 200;
inline constexpr std::int64_t kBudgetUs = us(hours(24 * 30));  // outages are kept for as long
inline constexpr std::int64_t kOutageJoinUs = us(minutes(5));  // unseen within one outage
inline constexpr std::size_t kOutagesMax = 100;                // of a service

// Single events and conditions.
inline constexpr int kCrashes = 3;
inline constexpr std::int64_t kCrashSpanUs = us(minutes(10));
inline constexpr std::int64_t kEventOpenUs = us(minutes(10));  // an event that is over by itself
inline constexpr std::int64_t kAwayOpenUs = us(seconds(30));   // over when it is told: just long enough to be told

// Incidents.
inline constexpr std::int64_t kGatherUs = us(seconds(10));     // before the first notice, for what belongs to it
inline constexpr std::int64_t kJoinUs = us(minutes(30));       // an alert joins an incident whose last is that old
inline constexpr std::int64_t kReopenUs = us(minutes(10));     // after its end the same incident opens again
inline constexpr std::int64_t kReopenCalmUs = us(minutes(5));  // for each time that it did, before it may end
inline constexpr int kReopenCalmMost = 6;
inline constexpr std::int64_t kChangedLeastUs = us(minutes(5));  // between notices of what joins
inline constexpr std::int64_t kRecentUs = us(hours(1));          // what happened before an incident and is shown in it

inline constexpr std::size_t kIncidentsMax = 200;   // kept; the oldest that are over go first
inline constexpr std::size_t kTimelineMax = 200;    // of an incident
inline constexpr std::size_t kAlertsMax = 5'000;    // more are not judged
inline constexpr std::size_t kServicesMax = 1'000;  // likewise
inline constexpr std::size_t kRecentMax = 20;       // of an environment
inline constexpr std::size_t kClientsKept = 4;      // distinct ones, the newest
inline constexpr std::size_t kSilencesMax = 200;

}  // namespace orbit::alert

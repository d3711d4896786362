// The limits of traffic.
#pragma once
#include <chrono>
#include <cstddef>

namespace orbit::traffic {

inline constexpr std::chrono::milliseconds kDebounce{100};  // from the first event to the look at what runs
inline constexpr std::chrono::seconds kProbeTime{1};        // for a port to answer HTTP
inline constexpr std::chrono::seconds kProbingTime{60};  // after a container's start; then its next start is waited for
inline constexpr std::chrono::milliseconds kProbeAgainMin{250};
inline constexpr std::chrono::milliseconds kProbeAgainMax{5000};
inline constexpr std::chrono::seconds kEngineTime{30};  // for what is asked of the engine
inline constexpr std::chrono::milliseconds kEngineAgainMin{500};
inline constexpr std::chrono::seconds kEngineAgainMax{10};
inline constexpr std::chrono::seconds kPeerTime{10};  // for an answer of hold or the edge
inline constexpr std::chrono::milliseconds kSendAgainMin{100};
inline constexpr std::chrono::milliseconds kSendAgainMax{5000};
inline constexpr std::chrono::seconds kAddressesAgain{2};  // a look at whether the virtual addresses are still there
inline constexpr std::chrono::seconds kLackingAgain{5};    // a listener that could not be had
inline constexpr std::chrono::milliseconds kInFlightAgainMin{5};  // a look at what is in flight at a release
inline constexpr std::chrono::milliseconds kInFlightAgainMax{250};
inline constexpr std::chrono::seconds kHeldConnections{2};  // of a paused service: what they were at may end
inline constexpr std::chrono::milliseconds kBindAgain{50};  // the edge closes what it is to give up
inline constexpr int kBindTries = 20;
inline constexpr int kPortPairsMax = 50;  // after 80/443 and 8080/8443
inline constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kHoldAnswerBytesMax = 256 * 1024;
inline constexpr std::chrono::seconds kResolveTime{5};  // for one host's records

}  // namespace orbit::traffic

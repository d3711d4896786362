// The limits of hold.
#pragma once
#include <chrono>
#include <cstddef>

namespace orbit::hold {

inline constexpr std::size_t kLogBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kLogReadBytes = 16 * 1024;
inline constexpr int kLogReadsMax = 64;  // in a row, before anything else is looked at
inline constexpr std::size_t kControlConnectionsMax = 8;
inline constexpr std::size_t kCommandBytesMax = 256;
inline constexpr std::chrono::seconds kCommandTime{5};  // to send a command
inline constexpr std::chrono::seconds kStopTime{10};    // from SIGTERM to SIGKILL
inline constexpr std::chrono::seconds kSteady{10};      // a child that lived this long ended for a new reason
inline constexpr int kServedEndsFree = 30;              // quick ends in a row without delay, of a child that was ready
inline constexpr std::chrono::milliseconds kBackOffMin{100};
inline constexpr std::chrono::milliseconds kBackOffMax{5000};
inline constexpr std::chrono::milliseconds kTakeOverStep{50};  // between tries to take over from a hold that ends
inline constexpr int kTakeOverTries = 40;
inline constexpr std::chrono::seconds kDrainGrace{15};  // a drain that outlasts its own time by this is killed
inline constexpr std::size_t kLeavingMax = 32;          // generations draining at once; the oldest goes beyond it
inline constexpr std::size_t kTcpListenersMax = 1000;
inline constexpr std::size_t kListenerNameBytesMax = 128;
inline constexpr std::size_t kDescriptorsAMessage = 100;  // of SCM_MAX_FD, 253
inline constexpr unsigned long kDescriptorsWanted = 4096;

}  // namespace orbit::hold

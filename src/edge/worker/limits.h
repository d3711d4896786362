// The limits of the edge's data path.
#pragma once
#include <chrono>
#include <cstddef>

namespace orbit::edge {

inline constexpr std::size_t kScratchBytes = 64 * 1024;    // read at once, one for each worker
inline constexpr int kReadsATurn = 4;                      // of one socket, before others get a turn
inline constexpr std::size_t kBufferBytesMin = 1024;       // below, a string is no buffer worth keeping
inline constexpr std::size_t kBufferBytesMax = 32 * 1024;  // larger ones are freed after use
inline constexpr std::size_t kBuffersMax = 32;             // kept for use again, by one worker
inline constexpr std::size_t kExchangesKept = 256;
inline constexpr int kAcceptsATurn = 16;                            // of one listener
inline constexpr std::chrono::milliseconds kAcceptPause{100};       // without descriptors, or at clientsMax
inline constexpr std::size_t kLargeBytes = 16 * 1024;               // worth a send of its own rather than a copy
inline constexpr std::size_t kOutputTurnBytes = 256 * 1024;         // a protocol hands over at once
inline constexpr std::size_t kHeadReadAnewBytesMax = 512;           // with each piece; beyond, when a line ends
inline constexpr std::size_t kPipelineBytesMax = 64 * 1024;         // kept of requests behind the one being answered
inline constexpr std::size_t kDiscardBytesMax = 256 * 1024;         // of a body nobody wants; beyond: close
inline constexpr std::chrono::seconds kDiscardTime{5};              // for that
inline constexpr std::chrono::seconds kLinger{2};                   // from our end to the client's
inline constexpr std::chrono::seconds kQuietGrace{5};               // of an idle connection when draining
inline constexpr std::chrono::seconds kPoolIdleMax{3};              // decision 26
inline constexpr std::chrono::seconds kPoolIdleMaxUnrepeatable{1};  // decision 26
inline constexpr std::size_t kVitalNamesBurst = 200;                // new ones of metric and page taken at once
inline constexpr std::chrono::seconds kVitalNamesGap{10};           // then one more
inline constexpr std::size_t kVitalNamesMax = 2000;                 // in a worker's life
inline constexpr int kInterimMax = 16;                              // 1xx answers before the real one
inline constexpr std::size_t kRequestIdBytesMax = 128;              // taken over from a trusted proxy
inline constexpr std::chrono::seconds kFrameGrace{5};               // for a frame to end when its WebSocket is to
inline constexpr std::chrono::seconds kLeaveTime{30};               // for the last bytes of a tunnel to the instance
inline constexpr std::chrono::seconds kHousekeeping{1};

}  // namespace orbit::edge

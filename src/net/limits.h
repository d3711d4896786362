// The limits of net.
#pragma once
#include <chrono>
#include <cstddef>

namespace orbit::net {

inline constexpr int kWorkersMax = 4;
inline constexpr std::chrono::seconds kWorkerIdle{10};  // an idle worker ends after this
inline constexpr int kTaskBudget = 128;                 // socket operations of one task before others get a turn
inline constexpr int kEventsMax = 64;                   // taken from epoll in one call
inline constexpr int kReactorEventsMax = 256;           // the same, of a Reactor
inline constexpr int kTrafficBacklog = 4096;  // of a listener for the edge's traffic (net.core.somaxconn caps it)
inline constexpr int kListenBacklog = 128;    // connections the kernel keeps waiting
inline constexpr std::size_t kUnixPathBytesMax = 107;            // sun_path less its terminator, unix(7)
inline constexpr std::chrono::milliseconds kFallbackDelay{250};  // RFC 8305 5: until the next address is tried as well
inline constexpr std::size_t kAddressesMax = 16;                 // of one name
inline constexpr std::chrono::milliseconds kRetryDelay{20};      // backlog full, descriptors exhausted
inline constexpr std::chrono::seconds kKillDelay{5};             // from SIGTERM to SIGKILL
inline constexpr std::chrono::seconds kOutputGrace{2};  // for output after the exit (a grandchild holds the pipe)
inline constexpr std::chrono::milliseconds kChildEndTime{1000};  // a stream's child: from SIGTERM to SIGKILL
inline constexpr std::size_t kSaidBytesMax = 16 * 1024;          // kept of its standard error
inline constexpr std::size_t kPipeReadBytes = 16 * 1024;

}  // namespace orbit::net

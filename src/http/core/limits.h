// The limits of http.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orbit::http {

inline constexpr std::size_t kHeadBytesMax = 64 * 1024;
inline constexpr std::size_t kFieldsMax = 128;
inline constexpr std::size_t kChunkLineBytesMax = 1024;            // size and extensions of one chunk
inline constexpr std::size_t kChunkExtensionBytesMax = 16 * 1024;  // of all chunks of one body
inline constexpr std::size_t kTrailerBytesMax = 8 * 1024;          // all trailer fields of one body
inline constexpr std::uint64_t kBodyBytesMax = 1ULL << 50;         // what a length may claim
inline constexpr int kInterimMax = 16;                             // 1xx answers before the real one
inline constexpr std::size_t kReadBytes = 16 * 1024;               // asked of the stream at once
inline constexpr std::size_t kConnectionsMax = 256;                // of one server
inline constexpr std::chrono::seconds kHeadTime{30};               // from the first byte of a head to its last
inline constexpr std::chrono::seconds kKeepAliveTime{60};          // a server's connection without a request
inline constexpr std::chrono::seconds kServerGrace{5};             // for handlers once the server is cancelled
inline constexpr std::size_t kDrainBytesMax = 256 * 1024;          // of a body the handler left unread; beyond: close
inline constexpr std::chrono::seconds kDrainTime{5};
inline constexpr std::chrono::seconds kIdleMax{3};              // a client's pooled connection (decision 26)
inline constexpr std::chrono::seconds kIdleMaxUnrepeatable{1};  // for what cannot be sent twice
inline constexpr std::size_t kIdleConnectionsMax = 8;           // pooled by one client

}  // namespace orbit::http

// The limits of cert.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orbit::cert {

inline constexpr std::size_t kNoncesMax = 16;
inline constexpr std::size_t kNonceBytesMax = 512;
inline constexpr std::size_t kTokenBytesMax = 256;
inline constexpr std::size_t kAuthorizationsMax = 200;
inline constexpr int kBadNoncesMax = 40;                   // of one order
inline constexpr int kDisturbancesMax = 3;                 // failed requests in a row, once an order is under way
inline constexpr std::chrono::seconds kDisturbedPause{2};  // times their number
inline constexpr std::chrono::milliseconds kFirstPoll{500};
inline constexpr std::chrono::seconds kPollPauseMax{10};
inline constexpr std::chrono::minutes kPollMax{5};  // a longer Retry-After ends the order
inline constexpr int kPollsMax = 40;                // of one validation, or of the issuance
inline constexpr std::int64_t kRetryAfterSecondsMax = 7 * 86'400;

inline constexpr std::size_t kAcmeBodyBytesMax = 1 << 20;
inline constexpr std::chrono::seconds kAcmeRequestTime{30};
inline constexpr std::size_t kOrdersMax = 4;  // at one authority at a time
inline constexpr std::chrono::minutes kOrderTime{30};
// Between tries for a certificate that is over by this machine's clock as soon as it comes.
inline constexpr std::chrono::hours kWrongClockRetry{24};
inline constexpr std::chrono::seconds kTidyTime{10};  // for taking proofs away
inline constexpr int kHttpsPort = 443;

inline constexpr std::chrono::seconds kDnsTime{10};  // for one question
inline constexpr std::chrono::seconds kDnsPollPause{1};
inline constexpr std::chrono::minutes kDnsVisibleTime{10};  // until a record that was set is seen
inline constexpr std::chrono::minutes kDnsHookTime{2};
inline constexpr std::size_t kDnsServersMax = 8;

inline constexpr std::size_t kPemBytesMax = 1 << 20;  // an own file, or one in our folder
inline constexpr std::size_t kLocalsAtOnce = 64;      // local certificates made in one go: some 50 ms
inline constexpr std::chrono::milliseconds kLocalsPause{1};
inline constexpr std::size_t kCertificatesMax = 20'000;

}  // namespace orbit::cert

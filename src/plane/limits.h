// The limits of the edge process.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace orbit::plane {

inline constexpr std::size_t kTableBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kServiceBytesMax = 1024 * 1024;
inline constexpr std::size_t kPemBytesMax = 1024 * 1024;
inline constexpr std::chrono::seconds kBodyArrives{60};
inline constexpr std::chrono::minutes kDrainTime{10};        // what is left then is cut
inline constexpr std::chrono::seconds kHoldAnswers{5};       // to a command on the channel
inline constexpr std::chrono::seconds kFolderLock{10};       // for the generation before to end its write
inline constexpr std::chrono::milliseconds kFolderStep{10};  // between tries
inline constexpr std::chrono::seconds kHousekeeping{5};
inline constexpr std::uint64_t kClientsMany = 32;        // worth giving memory back when they have left
inline constexpr std::chrono::hours kTicketKeyLife{24};  // as the newest; it opens tickets for two days more
inline constexpr std::chrono::hours kTicketKeyCheck{1};
inline constexpr std::size_t kTicketKeysKept = 3;
inline constexpr std::size_t kTicketKeyBytes = 48;
inline constexpr std::size_t kSignalFilesKept = 2;  // of generations that are gone
inline constexpr std::size_t kNamesShown = 20;      // in an answer, of what changed
inline constexpr unsigned kWorkersMax = 16;
inline constexpr std::chrono::milliseconds kAppliedLook{1};  // at whether all workers go by the new table
inline constexpr int kAppliedLooks = 1000;
inline constexpr int kControlNice = 15;                            // below the workers
inline constexpr std::chrono::nanoseconds kControlSlice{100'000};  // the least the kernel takes
inline constexpr std::size_t kHoldAnswerBytesMax = 256 * 1024;

}  // namespace orbit::plane

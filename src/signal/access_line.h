// Lines of the access log: JSON, or the mission's form `METHOD path status=200 duration=0.012s`. Part of the door of
// signal, since the edge and the daemon both write them. Thread rules: pure.
//
// Bytes that are no UTF-8 become U+FFFD, control characters \u00XX; long texts are cut. Names of ours (protocol,
// outcome) are written as they are.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace orbit::signal {

using RequestId = std::array<std::uint8_t, 16>;

struct AccessLine {
  std::int64_t wallUs = 0;
  std::string_view requestId;  // one that was given to us; "": `ownId`, unless that is all zero
  RequestId ownId{};
  std::string_view client, method, host, path, query, route, service, release, instance, userAgent, referer;
  std::string_view protocol, outcome;
  int status = 0;
  std::uint64_t durationUs = 0, upstreamUs = 0, bytesIn = 0, bytesOut = 0;
  int attempts = 0;
};

// The longest part of a text that is told, in a line and in a record.
inline constexpr std::size_t kPathBytesMax = 2048, kQueryBytesMax = 1024, kRefererBytesMax = 1552, kTextBytesMax = 512,
                             kNameBytesMax = 128;

// One line with its newline; JSON leaves out texts that are empty. Written to `to`, where there must be room for
// kLineBytesMax; returns its end.
inline constexpr std::size_t kLineBytesMax = 48 * 1024;
char* formatJson(const AccessLine& line, char* to);
char* formatPlain(const AccessLine& line, char* to);

// In the form 8-4-4-4-12; returns its end.
inline constexpr std::size_t kUuidBytes = 36;
char* writeUuid(const RequestId& id, char* to);

// The front of it, in whole characters.
std::string_view cut(std::string_view text, std::size_t bytesMax);

}  // namespace orbit::signal

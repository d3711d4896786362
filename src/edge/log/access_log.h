// Access log lines: JSON, or the mission's form `METHOD path status=200 duration=0.012s`. Formatting is pure; a
// worker's lines gather in a buffer that is written when full or after a second, whole lines by O_APPEND. Private to
// edge. Thread rules: one AccessLog a worker; several may share a file.
//
// Secrets: the plain form has no query. In JSON the query, and that of the referer, keep their keys, but the values of
// keys that look like a secret's (token, key, password, secret, signature, code …; percent-encoding is seen through)
// are written as "***". Bytes that are no UTF-8 become U+FFFD, control characters \u00XX; long texts are cut.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::edge {

struct AccessLine {
  std::int64_t wallUs = 0;
  std::string_view requestId, client, method, host, path, query, route, service, release, instance, userAgent, referer;
  std::string_view protocol, outcome;  // names of ours: short, and written as they are
  int status = 0;
  std::uint64_t durationUs = 0, upstreamUs = 0, bytesIn = 0, bytesOut = 0;
  int attempts = 0;
};
// One line with its newline; JSON leaves out texts that are empty. Written to `to`, where there must be room for
// kLineBytesMax; returns its end.
inline constexpr std::size_t kLineBytesMax = 48 * 1024;
char* formatJson(const AccessLine& line, char* to);
char* formatPlain(const AccessLine& line, char* to);

class AccessLog {
 public:
  // Opened 0640 and made if it is not there; opened again when told (rotation). Errors: kIo, kDenied.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, bool json);
  virtual ~AccessLog() = default;  // writes what is left
  virtual void add(const AccessLine& line) = 0;
  // To be called once a second. What cannot be written (a full disk) waits in the buffer and is tried again by the next
  // flush; when that is full, lines are lost, counted, never a request.
  virtual void flush() = 0;
  virtual Status reopen() = 0;  // the old file stays when the new one cannot be opened
  virtual std::uint64_t dropped() const = 0;
};

}  // namespace orbit::edge

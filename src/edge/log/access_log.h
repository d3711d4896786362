// Access log lines: JSON, or the mission's form `METHOD path status=200 duration=0.012s`. Formatting is pure; a
// worker's lines gather in a buffer that is written when full or after a second, whole lines by O_APPEND. Private to
// edge. Thread rules: one AccessLog a worker.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace orbit::edge {

struct AccessLine {
  std::int64_t wallUs = 0;
  std::string_view requestId, client, method, host, path, query, protocol, route, service, release, instance, userAgent,
      referer, outcome;
  int status = 0;
  std::uint64_t durationUs = 0, upstreamUs = 0, bytesIn = 0, bytesOut = 0;
  int attempts = 0;
};
void formatJson(const AccessLine& line, std::string& out);
void formatPlain(const AccessLine& line, std::string& out);

class AccessLog {
 public:
  // Opened 0640; opened again when told (rotation). Errors: kIo, kDenied.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, bool json);
  virtual ~AccessLog() = default;
  virtual void add(const AccessLine& line) = 0;
  virtual void flush() = 0;  // a full disk loses lines, counted, never a request
  virtual Status reopen() = 0;
  virtual std::uint64_t dropped() const = 0;
};

}  // namespace orbit::edge

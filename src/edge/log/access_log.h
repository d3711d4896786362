// The access log's file: a worker's lines gather in a buffer that is written when full or after a second, whole lines
// by O_APPEND. Private to edge. Thread rules: one AccessLog a worker; several may share a file.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "signal/signal.h"

namespace orbit::edge {

class AccessLog {
 public:
  // Opened 0640 and made if it is not there; opened again when told (rotation). Errors: kIo, kDenied.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path, bool json);
  virtual ~AccessLog() = default;  // writes what is left
  virtual void add(const signal::AccessLine& line) = 0;
  // To be called once a second. What cannot be written (a full disk) waits in the buffer and is tried again by the next
  // flush; when that is full, lines are lost, counted, never a request.
  virtual void flush() = 0;
  virtual Status reopen() = 0;  // the old file stays when the new one cannot be opened
  virtual std::uint64_t dropped() const = 0;
};

}  // namespace orbit::edge

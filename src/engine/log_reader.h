// The bytes of GET /containers/{id}/logs?timestamps=1 as records. Sans-I/O. Without a tty each frame is one entry of
// the log driver: a timestamp, a space, the text, and a newline unless the line goes on in the next entry (drivers cut
// at 16 KiB). With a tty entries follow each other unframed.
#pragma once
#include <string>
#include <vector>

#include "engine/engine.h"

namespace orbit::engine {

class LogReader {
 public:
  explicit LogReader(bool tty) : tty_(tty), frames_(tty) {}
  Result<std::vector<LogRecord>> feed(std::string_view bytes);
  // What is left when the stream has ended.
  std::vector<LogRecord> finish();

 private:
  void takeRaw(std::vector<LogRecord>& records);
  bool tty_;
  FrameReader frames_;
  std::string line_;  // tty: the line not ended yet
};

// Objects of a stream of JSON documents, one a line (pull, build, events). Sans-I/O.
class JsonLines {
 public:
  // Errors: kProtocol for what is no JSON, kLimit for a line past kProgressLineBytesMax.
  Result<std::vector<format::Json>> feed(std::string_view bytes);

 private:
  std::string pending_;
};

}  // namespace orbit::engine

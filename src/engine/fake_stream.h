// What a session of the fake reads. Private to engine's fake. Thread rules: the thread of its Loop.
#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "engine/types.h"
#include "net/net.h"

namespace orbit::engine {

// Bytes that are there from the start, then the end. Writes are swallowed.
class CannedStream final : public net::Stream {
 public:
  explicit CannedStream(std::string bytes) : bytes_(std::move(bytes)) {}
  net::Task<Result<std::size_t>> read(std::span<char> buffer, net::Wait) override {
    const std::size_t size = std::min(buffer.size(), bytes_.size());
    std::copy_n(bytes_.begin(), size, buffer.begin());
    bytes_.erase(0, size);
    co_return size;
  }
  net::Task<Status> write(std::string_view, net::Wait) override { co_return Status(); }
  Status shutdownWrite() override { return {}; }
  net::Task<Status> closedByPeer(net::Wait) override { co_return Status(); }

 private:
  std::string bytes_;
};

// As the engine frames a log: a head of eight bytes before each record, none with a terminal.
inline std::string framed(const std::vector<LogRecord>& log, bool tty) {
  std::string out;
  for (const auto& record : log) {
    const std::string line = record.text + "\n";
    if (!tty) {
      out += record.isError ? '\2' : '\1';
      out.append(3, '\0');
      for (int shift : {24, 16, 8, 0}) out += static_cast<char>(line.size() >> shift & 0xff);
    }
    out += line;
  }
  return out;
}

}  // namespace orbit::engine

// For tests: a stream whose peer is the test, on a simulated loop.
#pragma once
#include <algorithm>
#include <cstring>
#include <string>

#include "net/net.h"

namespace orbit::support {

// What the test holds of it; outlives the stream.
struct Peer {
  explicit Peer(net::Loop& loop) : changed(loop) {}
  void send(std::string_view bytes) {
    toRead += bytes;
    changed.notifyAll();
  }
  void close() {
    ended = true;
    changed.notifyAll();
  }

  net::Condition changed;
  std::string toRead;    // sent by the test, not read yet
  std::string received;  // written by the stream's owner
  bool ended = false;    // the test closed its side
  bool dropped = false;  // the stream was destroyed
};

class MemoryStream final : public net::Stream {
 public:
  explicit MemoryStream(Peer& peer) : peer_(peer) {}
  ~MemoryStream() override { peer_.dropped = true; }

  net::Task<Result<std::size_t>> read(std::span<char> buffer, net::Wait wait) override {
    while (peer_.toRead.empty() && !peer_.ended) {
      const Status woken = co_await peer_.changed.wait(wait);
      if (!woken.ok()) co_return woken.error();
    }
    const std::size_t count = std::min(buffer.size(), peer_.toRead.size());
    std::memcpy(buffer.data(), peer_.toRead.data(), count);
    peer_.toRead.erase(0, count);
    co_return count;
  }
  net::Task<Status> write(std::string_view bytes, net::Wait) override {
    peer_.received += bytes;
    co_return Status();
  }
  Status shutdownWrite() override { return {}; }
  net::Task<Status> closedByPeer(net::Wait wait) override {
    while (!peer_.ended) {
      const Status woken = co_await peer_.changed.wait(wait);
      if (!woken.ok()) co_return woken;
    }
    co_return Status();
  }
  bool quiet() override { return peer_.toRead.empty() && !peer_.ended; }

 private:
  Peer& peer_;
};

}  // namespace orbit::support

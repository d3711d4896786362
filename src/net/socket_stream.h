// A stream over a plain descriptor; TLS builds on its waits. Private to net.
#pragma once
#include "net/descriptor.h"
#include "net/stream.h"

namespace orbit::net {

class SocketStream : public Stream {
 public:
  SocketStream(Loop& loop, Descriptor descriptor) : loop_(loop), descriptor_(std::move(descriptor)) {}
  Task<Result<std::size_t>> read(std::span<char> buffer, Wait wait) override;
  Task<Status> write(std::string_view bytes, Wait wait) override;
  Status shutdownWrite() override;
  Task<Status> closedByPeer(Wait wait) override;
  bool quiet() override;

 protected:
  // Checks the wait and lets other tasks have their turn after a while of operations that never waited.
  Task<Status> turn(Wait wait);
  Loop& loop() { return loop_; }
  int descriptor() const { return descriptor_.get(); }

 private:
  Loop& loop_;
  Descriptor descriptor_;
};

// `plain` over TLS as the client of `host`, after the handshake. Errors: kDenied when a certificate is not accepted.
Task<Result<std::unique_ptr<Stream>>> startTls(Loop& loop, Descriptor plain, std::string host,
                                               std::shared_ptr<const Tls> tls, Wait wait);

}  // namespace orbit::net

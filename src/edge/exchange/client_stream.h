// What an Exchange sees of the client's protocol: one request's way back. Http1Client (one at a time) and each stream
// of Http2Client implement it. Private to edge. Thread rules: the worker's thread.
#pragma once
#include <cstddef>
#include <string_view>

namespace orbit::edge {

class ClientStream {
 public:
  // Heads are "name: value\r\n" lines, hop-by-hop ones already removed; the protocol adds its own framing (Connection,
  // Content-Length or Transfer-Encoding; none in HTTP/2). A known length comes as a Content-Length line.
  virtual void sendInterim(int status, std::string_view fieldLines) = 0;
  virtual void sendHead(int status, std::string_view reason, std::string_view fieldLines, bool end) = 0;
  // Takes all of it. Returns what is queued towards the client now; above kQueueHigh the exchange stops reading
  // upstream until onClientWritable.
  virtual std::size_t sendBody(std::string_view bytes) = 0;
  virtual void sendEnd(std::string_view trailerLines) = 0;
  // The answer cannot be completed: RST_STREAM, or a closed connection without a last chunk.
  virtual void cut() = 0;
  // The exchange used so many bytes of the request's body; more may be read.
  virtual void bodyConsumed(std::size_t bytes) = 0;
  // The exchange wants no more of the request's body: it answered already, or failed.
  virtual void discardBody() = 0;
  // After a 101 was sent: bytes flow raw from now on, by sendBody and Exchange::onRequestBody (HTTP/1.1 only).
  virtual void beginTunnel() = 0;
  // This connection is to end after this answer (draining).
  virtual bool closing() const = 0;

 protected:
  virtual ~ClientStream() = default;
};

}  // namespace orbit::edge

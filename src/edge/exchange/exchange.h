// One request from its head to the last byte of its answer: routing, local answers, attempts upstream, retry, shield,
// signals. Knows no socket: the client is a ClientStream, an upstream an Attempt (upstream/attempt.h). Kept in a
// worker's free list and used again. Private to edge. Thread rules: the worker's thread.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "edge/exchange/client_stream.h"
#include "http/core/index.h"
#include "net/socket.h"

namespace orbit::net {
class TlsSession;
}

namespace orbit::edge {

class Worker;

// Of the connection a request came by; outlives its exchanges.
struct ClientFacts {
  net::PeerAddress peer;
  std::string peerText;  // its address
  bool tls = false;
  std::string_view serverName;               // SNI
  const net::TlsSession* session = nullptr;  // with TLS
  const struct ListenerRuntime* listener = nullptr;
};

class Exchange {
 public:
  virtual ~Exchange() = default;
  // The client's side calls these. Any of them may answer at once through the ClientStream.
  // `head` is swapped in; `endOfBody`: there is none.
  virtual void onRequest(http::RequestIndex& head, bool endOfBody) = 0;
  virtual void onRequestBody(std::string_view bytes) = 0;
  // `trailerLines`: "name: value\r\n" of those that may be passed on.
  virtual void onRequestEnd(std::string_view trailerLines) = 0;
  // What came of the body is malformed, or too slow; nothing more comes. Answered with `status` if it still can be.
  virtual void onRequestBroken(int status, std::string_view why) = 0;
  virtual void onClientWritable() = 0;
  // The client is gone; no call to the ClientStream after this. The exchange ends by itself.
  virtual void onClientGone() = 0;
  // The answer left whole (its last byte was given to the kernel): latency is measured here.
  virtual void onAnswerSent() = 0;
};

// Begins one; it frees itself when it has ended on both sides. So the client's side calls nothing of it after
// onClientGone or onAnswerSent, nor after the exchange called ClientStream::cut. sendHead, sendBody, sendEnd and cut
// may come from within onRequest, onRequestBody and onRequestEnd; the client's side must not call the exchange from
// within them.
Exchange& beginExchange(Worker& worker, ClientStream& client, const ClientFacts& facts);

// A request that the client's protocol answered by itself, or reset (`status` 0): one of no route, service or release
// (decision 14). `head`: as much of it as is known.
void reportRefused(Worker& worker, const ClientFacts& facts, const http::RequestIndex& head, int status);

inline constexpr std::size_t kQueueHigh = 256 * 1024;
inline constexpr std::size_t kQueueLow = 64 * 1024;

}  // namespace orbit::edge

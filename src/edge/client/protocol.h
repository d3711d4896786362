// What a client's connection and the protocol spoken on it say to each other. The connection (connection.h) has the
// socket, TLS, the output and one deadline; the protocol (http1.h, http2.h) knows what the plain bytes mean and makes
// exchanges of them. Private to edge. Thread rules: the worker's thread.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "edge/exchange/exchange.h"
#include "model/route_table.h"

namespace orbit::edge {

// The connection, as its protocol sees it. Everything may be called from every callback of ClientProtocol; nothing of
// it calls the protocol back at once, but closeNow (onGone).
class ClientLink {
 public:
  // Plain bytes towards the client: append, then flush(). What gathers in a turn leaves in one piece at its end.
  virtual std::string& output() = 0;
  virtual void flush() = 0;
  // The same for a large piece that is worth no copy: it leaves at once, behind what is in output(); what the kernel
  // does not take is kept.
  virtual void sendLarge(std::string_view bytes) = 0;
  // Bytes that the kernel has not taken yet, output() included (over TLS: as plain as they are now).
  virtual std::size_t queued() const = 0;

  virtual void pauseReading() = 0;
  virtual void resumeReading() = 0;  // onBytes comes later, never from within
  // No more output after what is queued. The client may still send, and reads our end.
  virtual void shutdownWrite() = 0;
  // Sends what is queued and closes so that it is not lost: our end first, then what the client still sends is thrown
  // away, within bounds. The protocol gets onGone when it is over, and nothing before.
  virtual void closeWhenSent() = 0;
  virtual void closeNow() = 0;
  // One deadline, moved at no cost; Instant::max(): none. onDeadline comes at most 32 ms late.
  virtual void setDeadline(Instant due) = 0;

  virtual Worker& worker() = 0;
  virtual Instant now() const = 0;
  virtual const ClientFacts& facts() const = 0;
  virtual const model::RouteTable::Limits& limits() const = 0;
  virtual bool draining() const = 0;

 protected:
  virtual ~ClientLink() = default;
};

class ClientProtocol {
 public:
  virtual ~ClientProtocol() = default;
  // Bytes from the client, valid during the call. All of them are taken.
  virtual void onBytes(std::string_view bytes) = 0;
  // The client sends no more. Mostly it has gone away.
  virtual void onEnd() = 0;
  // The connection is closed: exchanges under way are told (onClientGone). The protocol is freed soon after.
  virtual void onGone() = 0;
  // Before output is sent, at the turn's end and when the socket takes bytes again: append what may go out now, so that
  // `out` has at most about `bytesMax`. True when there is more.
  virtual bool fill(std::string& out, std::size_t bytesMax) = 0;
  // The kernel took bytes: `left` are queued (0: everything left).
  virtual void onTaken(std::size_t left) = 0;
  virtual void onDeadline() = 0;
  // This edge, or the connection's listener, is to end: once.
  virtual void onDrain() = 0;
};

std::unique_ptr<ClientProtocol> makeHttp1(ClientLink& link);
std::unique_ptr<ClientProtocol> makeHttp2(ClientLink& link);  // http2.cc; its first bytes are the preface

}  // namespace orbit::edge

// An HTTP/1.1 server for Orbit's own API over a unix socket (RFC 9112). Not the edge: no routing opinion, modest speed,
// all limits. Thread rules: the thread of its Loop; each connection is a task.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "http/message.h"
#include "net/net.h"

namespace orbit::http {

// One request and its answer, seen by the handler.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const RequestHead& request() const = 0;
  // The next piece of the request body, "" at its end.
  virtual net::Task<Result<std::string>> readBody(net::Wait wait) = 0;
  virtual net::Task<Result<std::string>> readWholeBody(std::size_t bytesMax, net::Wait wait) = 0;
  // A whole answer.
  virtual net::Task<Status> respond(int status, Fields fields, std::string body) = 0;
  // A streamed answer: begin, then pieces (sent at once); it ends when the handler returns.
  virtual net::Task<Status> begin(int status, Fields fields) = 0;
  virtual net::Task<Status> write(std::string piece) = 0;
  // 101 and the raw stream; the handler owns the connection from then on, and gone() tells nothing more of the client.
  // Errors: kInvalid when the client did not offer `protocol`.
  virtual net::Task<Result<std::unique_ptr<net::Stream>>> upgrade(std::string protocol) = 0;
  // Requested when the client went away (or shut down its sending side: no client of ours does before its answer), and
  // when the server is cancelled. Pass it on as Wait.cancel for work that makes no sense without a listener.
  virtual net::Cancel& gone() = 0;
};

using Handler = std::function<net::Task<void>(Exchange&)>;

// Accepts and serves until cancelled; handlers then have 5 s to come to an end. An answer waits for a slow reader as
// long as that reader stays connected. Limits: 64 KiB of head, 256 connections, 30 s to send a head.
net::Task<void> serve(net::Loop& loop, net::Listener& listener, Handler handler, net::Cancel& cancel);

}  // namespace orbit::http

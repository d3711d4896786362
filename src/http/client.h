// An HTTP/1.1 client for talking to the engine and to our own API (RFC 9112): bodies are streamed both ways, a
// connection may be taken over after an upgrade. Thread rules: the thread of its Loop; one exchange at a time on a
// connection.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "http/message.h"
#include "net/net.h"

namespace orbit::http {

// The next piece of a request body, "" at its end.
using BodySource = std::function<net::Task<Result<std::string>>()>;

struct Request {
  RequestHead head;   // Host, Content-Length or Transfer-Encoding are filled in
  std::string body;   // sent whole when `source` is empty
  BodySource source;  // else sent chunked as it comes
};

// An answer whose body is still arriving; a streamed request body goes on being sent meanwhile. Destroying it early
// closes the connection.
class Answer {
 public:
  virtual ~Answer() = default;
  virtual const ResponseHead& head() const = 0;
  // The next piece of the body, "" at its end. Errors: kProtocol, kUnavailable (cut off), kTimeout, kCancelled.
  virtual net::Task<Result<std::string>> read(net::Wait wait) = 0;
  // The rest of the body. Errors: as read, and kLimit past `bytesMax`.
  virtual net::Task<Result<std::string>> readAll(std::size_t bytesMax, net::Wait wait) = 0;
  // After 101, or an answer that ends with its connection (Docker's 200 hijack): the raw stream, bytes that already
  // arrived first. The answer is spent. Null when the head announces an ordinary body.
  virtual std::unique_ptr<net::Stream> takeStream() = 0;
};

// Opens a connection by other means than an address.
using Dial = std::function<net::Task<Result<std::unique_ptr<net::Stream>>>(net::Wait)>;

// Keeps idle connections to one address (closed after 3 s idle; EOF looked for before reuse) and opens more as needed.
// A GET or HEAD that finds a pooled connection dead before any byte of the answer goes once on a fresh one; other
// methods use none that was idle for over 1 s. Answers 100 to 199 but 101 are skipped.
class Client {
 public:
  Client(net::Loop& loop, net::Address address);
  // Connections that `dial` opens, which take long to open: any request may use one that was idle for `idleMax`.
  Client(net::Loop& loop, Dial dial, Duration idleMax);
  ~Client();
  // Resolves with the head of the answer; `wait` is over then. Errors: net::connect's (retrySafe: nothing was sent),
  // the source's own, kUnavailable (closed without an answer), kProtocol, kTimeout, kCancelled.
  net::Task<Result<std::unique_ptr<Answer>>> send(Request request, net::Wait wait);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace orbit::http

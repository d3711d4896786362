// Wire: one HTTP connection under both ends: a stream and the bytes that arrived but were not taken yet. Private to
// http. Thread rules: the thread of its Loop; one reader and one writer at a time.
#pragma once
#include <memory>
#include <string>

#include "http/core/body.h"
#include "http/core/head.h"
#include "net/net.h"

namespace orbit::http {

class Wire {
 public:
  Wire() = default;
  explicit Wire(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {}

  net::Stream& stream() { return *stream_; }
  // Nothing arrived that was not taken.
  bool empty() const { return unread_.empty(); }

  // Waits for more bytes; false at the end of the stream.
  net::Task<Result<bool>> fill(net::Wait wait);
  // A whole head through its empty line; "" when the connection ended before its first byte.
  net::Task<Result<std::string>> readHead(net::Wait wait);
  // The next piece of a body, "" at its end. Errors: kUnavailable when it was cut off.
  net::Task<Result<std::string>> readBody(BodyReader& body, net::Wait wait);
  // What is left of a body. Errors: as readBody, and kLimit past `bytesMax`.
  net::Task<Result<std::string>> readWhole(BodyReader& body, std::size_t bytesMax, net::Wait wait);
  // The stream, with the untaken bytes before its own.
  std::unique_ptr<net::Stream> takeStream();

 private:
  std::unique_ptr<net::Stream> stream_;
  std::string unread_;
};

}  // namespace orbit::http

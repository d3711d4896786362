// Where a message's body ends, and its bytes out of the connection's (RFC 9112 6 and 7). Sans-I/O and strict: a message
// with two lengths, or a length and a transfer coding, is refused, since another party could see another end.
// Thread rules: plain values.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace orbit::http {

struct Framing {
  enum class Kind { kNone, kLength, kChunked, kUntilClose };
  Kind kind = Kind::kNone;
  std::uint64_t length = 0;
};

// Errors: kProtocol; kUnsupported for a transfer coding that is not chunked.
Result<Framing> requestFraming(const Fields& fields, int minorVersion);
Result<Framing> responseFraming(const ResponseHead& head, int minorVersion, std::string_view requestMethod);

class BodyReader {
 public:
  explicit BodyReader(Framing framing);
  // Takes bytes from the front of `bytes` and returns the next piece of the body among them; "" when more bytes are
  // needed, or at the end. Errors: kProtocol, kLimit.
  Result<std::string_view> next(std::string_view& bytes);
  bool done() const { return state_ == State::kDone; }
  // The connection ended. Whether that is a proper end of this body.
  bool endsWithConnection() const { return done() || kind_ == Framing::Kind::kUntilClose; }
  // Once done: the trailer fields as "name: value\r\n" lines, without those that no trailer may set because they frame,
  // route, authenticate or describe the message (RFC 9110 6.5.1).
  const std::string& trailers() const { return trailers_; }

 private:
  enum class State { kData, kChunkLine, kChunkEnd, kTrailers, kDone };
  enum class Step { kOn, kMore, kFailed };
  std::string_view nextData(std::string_view& bytes);
  // kOn: `line` is a whole line without its CRLF, good until the next call.
  Step takeLine(std::string_view& bytes, std::size_t bytesMax, std::string_view& line);
  Step beginChunk(std::string_view line);
  Step addTrailer(std::string_view line);
  Step endTrailers();
  Step fail(Code code, const char* reason);

  Framing::Kind kind_;
  State state_;
  Code code_ = Code::kProtocol;  // of a failure
  const char* reason_ = "";
  std::uint64_t left_;              // of the length or the chunk
  std::size_t extensionBytes_ = 0;  // of all chunks so far
  std::string line_;                // what came of a line that is not whole
  bool lineUsed_ = false;           // line_ was given out
  std::string trailers_;
};

// `piece` as one chunk; the last chunk for "".
std::string encodeChunk(std::string_view piece);

}  // namespace orbit::http

// A server's HTTP/2 connection (RFC 9113) over nghttp2, sans-I/O: bytes in, events out; frames of all ready streams
// leave in one piece. Strict beyond nghttp2 where a downgrade to HTTP/1.1 would be an attack: names, values,
// pseudo-header fields, lengths that do not match, connection-specific fields. What is malformed ends its stream with
// PROTOCOL_ERROR; what is too large or not served gets its answer (413, 414, 417, 431, 501) without the listener. Calls
// that name a stream which is over do nothing. Thread rules: one thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/core/index.h"

namespace orbit::http {

struct H2Limits {
  std::uint32_t streamsMax = 128;  // at once
  std::uint32_t streamWindowBytes = 256 * 1024;
  std::uint32_t connectionWindowBytes = 1024 * 1024;
  std::uint32_t headerListBytesMax = 64 * 1024;
  // Of those the connection ends with ENHANCE_YOUR_CALM. Resets: by the client, or by us for its mistakes, in 30 s
  // (CVE-2023-44487, CVE-2025-8671).
  std::uint32_t resetsMax = 200;
  std::uint32_t controlFramesMax = 1000;   // answers to PING and SETTINGS that did not go out yet
  std::uint32_t uselessFramesMax = 10000;  // PING, SETTINGS, PRIORITY, unknown, empty DATA in 30 s
  std::uint32_t continuationsMax = 32;     // of one header block (CVE-2024-27316)
};

enum class H2Code : std::uint32_t {
  kNoError = 0,
  kProtocol = 1,
  kInternal = 2,
  kRefused = 7,
  kCancel = 8,
  kEnhanceYourCalm = 11
};

class H2Server {
 public:
  // Calls come from within feed() and take(); each may call anything of H2Server but these two.
  class Events {
   public:
    virtual ~Events() = default;
    // `head.http2` is set. The index is the listener's to move from.
    virtual void onRequest(std::int32_t stream, RequestIndex& head, bool end) = 0;
    virtual void onBody(std::int32_t stream, std::string_view bytes) = 0;
    // One that the listener hears nothing more of: answered here (`status`), or reset as malformed or as one too many
    // (0). `head` has what was read of it: methodText, target, host, fields; maybe nothing.
    virtual void onRefused(const RequestIndex& head, int status) = 0;
    // `trailerLines`: those that may be passed on, as BodyReader::trailers().
    virtual void onRequestEnd(std::int32_t stream, std::string_view trailerLines) = 0;
    // The stream is over before its answer was: reset by the client, or by us for what it did. Not called after the
    // listener's own reset(), and not when the connection ends: its owner knows that first.
    virtual void onReset(std::int32_t stream, std::uint32_t code) = 0;
    // Its queue went below the low water mark: more may be sent.
    virtual void onWritable(std::int32_t stream) = 0;
    // Its answer left whole: all of it was given out by take(). Nothing more comes of this stream.
    virtual void onSent(std::int32_t stream) = 0;
  };

  static std::unique_ptr<H2Server> create(const H2Limits& limits, Events& events);
  virtual ~H2Server() = default;

  // `now` is for limits over time. False: a connection error; take() still gives the GOAWAY to send, then close. Some
  // connection errors show only by finished() after take().
  virtual bool feed(std::string_view bytes, Instant now) = 0;
  // Everything that may go out now is appended to `out`, at most about `bytesMax`; true when more is left.
  virtual bool take(std::string& out, std::size_t bytesMax) = 0;
  virtual bool idle() const = 0;      // no stream open
  virtual bool finished() const = 0;  // nothing will be read or written any more

  // `fields`: "name: value\r\n" lines without connection-specific ones (they are dropped), names in any case.
  virtual void respond(std::int32_t stream, int status, std::string_view fieldLines, bool end) = 0;
  virtual void interim(std::int32_t stream, int status, std::string_view fieldLines) = 0;
  // Takes all of it; returns how many bytes are queued for the stream now. onWritable tells when they are few again.
  virtual std::size_t body(std::int32_t stream, std::string_view bytes) = 0;
  virtual std::size_t queued() const = 0;  // for all streams
  virtual void end(std::int32_t stream, std::string_view trailerLines) = 0;
  virtual void reset(std::int32_t stream, H2Code code) = 0;
  // The request's body was used up by so many bytes: opens the windows. (They do not open by themselves.)
  virtual void consumed(std::int32_t stream, std::size_t bytes) = 0;
  // First call: GOAWAY with the highest id; second: with the last one served (RFC 9113 6.8).
  virtual void goAway() = 0;
  virtual void ping() = 0;  // for dead peers; answered() tells
  virtual bool answered() const = 0;
};

}  // namespace orbit::http

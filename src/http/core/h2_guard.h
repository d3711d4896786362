// What a client may not do on an HTTP/2 connection though each frame by itself is valid: frames on streams that are
// over, and frames that cost more than they are worth (floods). Looks at frame headers only, before nghttp2 acts on
// them. Private to http. Thread rules: plain values.
#pragma once
#include <array>
#include <cstdint>
#include <optional>

#include "http/core/h2.h"
#include "http/core/h2_scanner.h"

namespace orbit::http {

class H2Guard {
 public:
  explicit H2Guard(const H2Limits& limits) : limits_(limits) {}
  // The error code the connection ends with, or nothing. `open`: the stream is known and not over.
  std::optional<std::uint32_t> onFrame(const H2Frame& frame, bool open, Instant now);
  // We ended this stream; what the client sent before it learnt that is let pass.
  void onOurReset(std::int32_t stream);
  // Ended by us for something that the client did wrong. True: once too often.
  bool onClientMistake(Instant now) { return resets_.add(now, limits_.resetsMax); }
  void onAnswersOut() { answersQueued_ = 0; }
  // Streams above this one are not served any more.
  void onGoAway(std::int32_t lastServed) { lastServed_ = lastServed; }

 private:
  // How often something happened in the last 30 seconds, near enough: a window that begins anew.
  class Rate {
   public:
    bool add(Instant now, std::uint32_t most);

   private:
    Instant since_{};
    std::uint32_t count_ = 0;
  };
  static constexpr std::size_t kRemembered = 256;

  static std::optional<std::uint32_t> onPriority(const H2Frame& frame);
  std::optional<std::uint32_t> onHeaders(const H2Frame& frame, bool open);
  std::optional<std::uint32_t> onClosedStream(const H2Frame& frame);
  bool endedByUs(std::int32_t stream) const;
  bool neverOpened(std::int32_t stream) const;

  const H2Limits& limits_;
  Rate resets_, useless_;
  std::uint32_t answersQueued_ = 0;
  std::uint32_t continuations_ = 0;  // of the header block under way, and its bytes
  std::size_t blockBytes_ = 0;
  std::int32_t highest_ = 0;  // stream the client opened
  std::int32_t lastServed_ = INT32_MAX;
  std::array<std::int32_t, kRemembered> ours_{};  // rings
  std::size_t oursNext_ = 0;
  struct Gap {
    std::int32_t first = 0, last = 0;  // ids that were passed over (RFC 9113 5.1.1)
  };
  std::array<Gap, 16> gaps_{};
  std::size_t gapsNext_ = 0;
};

}  // namespace orbit::http

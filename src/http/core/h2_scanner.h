// Where frames begin in the bytes of a client's HTTP/2 connection (RFC 9113 4.1), so that each can be judged before
// nghttp2 acts on it: it passes some over without a word. Private to http. Thread rules: plain values.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace orbit::http {

struct H2Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::int32_t stream = 0;
  std::size_t size = 0;         // of the payload
  std::uint32_t dependsOn = 0;  // of PRIORITY
};

class H2Scanner {
 public:
  struct Piece {
    std::string_view bytes;  // valid until the next call; may be empty
    bool begins = false;     // `frame` begins with them
    H2Frame frame;
  };
  // Takes the next piece from the front of `bytes`.
  Piece next(std::string_view& bytes);

 private:
  static constexpr std::size_t kPrefaceBytes = 24;
  static constexpr std::size_t kHeaderBytes = 9;
  static constexpr std::size_t kPriorityBytes = 13;  // with the stream it depends on
  static std::size_t neededOf(std::string_view begun);
  Piece begin(std::string_view header, std::string_view whole);

  std::size_t left_ = kPrefaceBytes;  // of what needs no look
  std::array<char, kPriorityBytes> begun_{};
  std::size_t begunSize_ = 0;
};

}  // namespace orbit::http

// Frames and header blocks made by hand (RFC 9113 4.1, RFC 7541 6). Nothing is checked: tests make wrong ones.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace orbit::h2test {

enum Type : std::uint8_t {
  kData,
  kHeaders,
  kPriority,
  kRst,
  kSettings,
  kPush,
  kPing,
  kGoAway,
  kWindowUpdate,
  kContinuation
};
enum Flag : std::uint8_t { kNone = 0, kAck = 1, kEndStream = 1, kEndHeaders = 4, kPadded = 8, kPriorityFlag = 32 };
enum Code : std::uint32_t {
  kNoError,
  kProtocolError,
  kInternalError,
  kFlowControlError,
  kSettingsTimeout,
  kStreamClosed,
  kFrameSizeError,
  kRefusedStream,
  kCancel,
  kCompressionError,
  kConnectError,
  kEnhanceYourCalm
};

inline std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i));
  return text;
}
inline std::string frame(int type, int flags, std::uint32_t stream, std::string_view payload) {
  return number(payload.size(), 3) + number(static_cast<std::uint64_t>(type), 1) +
         number(static_cast<std::uint64_t>(flags), 1) + number(stream, 4) + std::string(payload);
}
inline std::string preface() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
}
inline std::string setting(int id, std::uint32_t value) {
  return number(static_cast<std::uint64_t>(id), 2) + number(value, 4);
}
inline std::string settings(std::string_view entries = "") {
  return frame(kSettings, 0, 0, entries);
}
inline std::string data(std::uint32_t stream, std::string_view bytes, int flags = kNone) {
  return frame(kData, flags, stream, bytes);
}
inline std::string headers(std::uint32_t stream, std::string_view block, int flags = kEndHeaders | kEndStream) {
  return frame(kHeaders, flags, stream, block);
}
inline std::string continuation(std::uint32_t stream, std::string_view block, int flags = kEndHeaders) {
  return frame(kContinuation, flags, stream, block);
}
inline std::string priority(std::uint32_t stream, std::uint32_t on, int weight = 15) {
  return frame(kPriority, 0, stream, number(on, 4) + number(static_cast<std::uint64_t>(weight), 1));
}
inline std::string rst(std::uint32_t stream, std::uint32_t code = kCancel) {
  return frame(kRst, 0, stream, number(code, 4));
}
inline std::string windowUpdate(std::uint32_t stream, std::uint32_t by) {
  return frame(kWindowUpdate, 0, stream, number(by, 4));
}
inline std::string ping(int flags = kNone) {
  return frame(kPing, flags, 0, "12345678");
}

// An integer with a prefix of so many bits, `high` above it (RFC 7541 5.1).
inline std::string integer(std::size_t value, int prefix, int high = 0) {
  const std::size_t most = (std::size_t{1} << prefix) - 1;
  if (value < most) return std::string(1, static_cast<char>(static_cast<std::size_t>(high) | value));
  std::string text(1, static_cast<char>(static_cast<std::size_t>(high) | most));
  value -= most;
  for (; value >= 128; value >>= 7) text += static_cast<char>((value & 127) | 128);
  return text + static_cast<char>(value);
}
inline std::string literal(std::string_view text) {
  return integer(text.size(), 7) + std::string(text);
}
// A field without indexing, its name written out.
inline std::string field(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + literal(name) + literal(value);
}
inline std::string indexed(std::size_t index) {
  return integer(index, 7, 0x80);
}

// The pseudo-header fields of a request.
inline std::string request(std::string_view method = "GET", std::string_view path = "/",
                           std::string_view authority = "a.test") {
  return field(":method", method) + field(":scheme", "https") + field(":path", path) + field(":authority", authority);
}

}  // namespace orbit::h2test

#include "h2/reader.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "h2/frames.h"

namespace orbit::h2test {
namespace {

constexpr const char* kCodes[] = {"NO_ERROR",         "PROTOCOL_ERROR",    "INTERNAL_ERROR",   "FLOW_CONTROL_ERROR",
                                  "SETTINGS_TIMEOUT", "STREAM_CLOSED",     "FRAME_SIZE_ERROR", "REFUSED_STREAM",
                                  "CANCEL",           "COMPRESSION_ERROR", "CONNECT_ERROR",    "ENHANCE_YOUR_CALM"};

std::uint32_t read32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

}  // namespace

std::string codeText(std::uint32_t code) {
  return code < std::size(kCodes) ? kCodes[code] : std::to_string(code);
}

Reader::Reader() {
  nghttp2_hd_inflate_new(&inflater_);
}

Reader::~Reader() {
  nghttp2_hd_inflate_del(inflater_);
}

void Reader::read(std::string& wire) {
  constexpr std::size_t kHeader = 9;
  while (wire.size() >= kHeader) {
    const std::size_t size = read32(wire) >> 8;
    if (wire.size() < kHeader + size) return;
    const SentFrame frame{static_cast<unsigned char>(wire[3]), static_cast<unsigned char>(wire[4]),
                          read32(std::string_view(wire).substr(5)), wire.substr(kHeader, size)};
    wire.erase(0, kHeader + size);
    readFrame(frame);
  }
}

void Reader::readFrame(const SentFrame& frame) {
  if (frame.type == kHeaders || frame.type == kData) {
    Answer& answer = answered[frame.stream];
    EXPECT_FALSE(answer.ended) << "a frame after END_STREAM";
    if (frame.type == kHeaders) inflate(answer, frame.payload);
    if (frame.type == kData) answer.body += frame.payload;
    answer.ended = (frame.flags & kEndStream) != 0;
  } else if (frame.type == kRst) {
    rsts[frame.stream] = read32(frame.payload);
  } else if (frame.type == kGoAway) {
    goAways.emplace_back(read32(frame.payload), read32(std::string_view(frame.payload).substr(4)));
  } else {
    frames.push_back(frame);
  }
}

void Reader::inflate(Answer& answer, std::string_view block) {
  const auto* at = reinterpret_cast<const std::uint8_t*>(block.data());
  std::size_t left = block.size();
  for (;;) {
    nghttp2_nv field{};
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
    ASSERT_GE(used, 0);
    at += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      const std::string name(reinterpret_cast<const char*>(field.name), field.namelen);
      const std::string value(reinterpret_cast<const char*>(field.value), field.valuelen);
      if (name == ":status") {
        answer.statuses.push_back(std::stoi(value));
      } else {
        answer.fields.emplace_back(name, value);
      }
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_);
}

}  // namespace orbit::h2test

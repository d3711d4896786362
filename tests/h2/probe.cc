#include "h2/probe.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>

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

Probe::Probe(http::H2Limits limits, bool greet) : server(http::H2Server::create(limits, *this)) {
  nghttp2_hd_inflate_new(&inflater_);
  if (greet) feed(preface() + settings());
}

Probe::~Probe() {
  nghttp2_hd_inflate_del(inflater_);
}

Probe& Probe::feed(std::string_view bytes) {
  fed = server->feed(bytes, now);
  drain();
  return *this;
}

void Probe::drain() {
  while (server->take(wire_, takeBytes)) readFrames();
  readFrames();
}

void Probe::readFrames() {
  constexpr std::size_t kHeader = 9;
  while (wire_.size() >= kHeader) {
    const std::size_t size = read32(wire_) >> 8;
    if (wire_.size() < kHeader + size) return;
    const SentFrame frame{static_cast<unsigned char>(wire_[3]), static_cast<unsigned char>(wire_[4]),
                          read32(std::string_view(wire_).substr(5)), wire_.substr(kHeader, size)};
    wire_.erase(0, kHeader + size);
    readFrame(frame);
  }
}

void Probe::readFrame(const SentFrame& frame) {
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

void Probe::inflate(Answer& answer, std::string_view block) {
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

std::string Probe::outcome() const {
  for (const auto& [last, code] : goAways) {
    if (code != kNoError) return "connection " + codeText(code);
  }
  for (const auto& [stream, code] : rsts) {
    if (code != kNoError) return "stream " + std::to_string(stream) + " " + codeText(code);
  }
  return fed ? "accepted" : "refused without a word";
}

void Probe::onRequest(std::int32_t stream, http::RequestIndex& head, bool end) {
  EXPECT_FALSE(requests.contains(stream)) << "told twice";
  EXPECT_TRUE(head.http2);
  Request& request = requests[stream];
  request.method = head.at(head.methodText);
  request.path = head.at(head.path);
  request.query = head.at(head.query);
  request.host = head.at(head.host);
  request.hostPort = head.at(head.hostPort);
  for (const http::FieldIndex& field : head.fields) {
    EXPECT_TRUE(request.fields.emplace(head.at(field.name), head.at(field.value)).second) << head.at(field.name);
    EXPECT_EQ(field.known, http::knownName(head.at(field.name)));
  }
  request.framing = head.framing;
  request.expectContinue = head.expectContinue;
  http::RequestIndex taken;
  std::swap(taken, head);  // as an exchange does
  if (end) onRequestEnd(stream);
}

void Probe::onBody(std::int32_t stream, std::string_view bytes) {
  requests[stream].body += bytes;
  if (consumes) server->consumed(stream, bytes.size());
}

void Probe::onRequestEnd(std::int32_t stream) {
  EXPECT_FALSE(requests[stream].ended);
  requests[stream].ended = true;
  if (!answers) return;
  server->respond(stream, 200, "Content-Type: text/plain\r\n", false);
  server->body(stream, "ok");
  server->end(stream, "");
}

void runCases(const std::vector<Case>& cases) {
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    const auto right = [&](const std::string& outcome) {
      return std::find(row.outcomes.begin(), row.outcomes.end(), outcome) != row.outcomes.end();
    };
    Probe whole;
    whole.feed(row.bytes);
    EXPECT_TRUE(right(whole.outcome())) << whole.outcome();
    Probe pieces({}, false);  // the same, however the bytes are cut
    for (const char c : preface() + settings() + row.bytes) pieces.feed(std::string_view(&c, 1));
    EXPECT_TRUE(right(pieces.outcome())) << pieces.outcome() << " byte by byte";
    for (const auto& [stream, request] : whole.requests) {
      if (whole.outcome() == "accepted" && request.ended && !whole.resets.contains(stream)) {
        EXPECT_EQ(whole.answered[static_cast<std::uint32_t>(stream)].body, "ok");
      }
    }
  }
}

}  // namespace orbit::h2test

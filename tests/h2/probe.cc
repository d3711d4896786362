#include "h2/probe.h"

#include <algorithm>

namespace orbit::h2test {
Probe::Probe(http::H2Limits limits, bool greet) : server(http::H2Server::create(limits, *this)) {
  if (greet) feed(preface() + settings());
}

Probe& Probe::feed(std::string_view bytes) {
  fed = server->feed(bytes, now);
  drain();
  return *this;
}

void Probe::drain() {
  while (server->take(wire_, takeBytes)) read(wire_);
  read(wire_);
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
  if (end) onRequestEnd(stream, {});
}

void Probe::onBody(std::int32_t stream, std::string_view bytes) {
  requests[stream].body += bytes;
  if (consumes) server->consumed(stream, bytes.size());
}

void Probe::onRequestEnd(std::int32_t stream, std::string_view trailerLines) {
  EXPECT_FALSE(requests[stream].ended);
  requests[stream].ended = true;
  requests[stream].trailers = trailerLines;
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

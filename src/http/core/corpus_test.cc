// The corpus of smuggling and framing: tests/golden/http1/{requests,responses}/*.cases. Each line is a case,
// "name :: bytes => outcome"; the comment above a group says why. In bytes: \N is CRLF, \r \n \t \\ \xHH, and \{n*text}
// repeats. A response's bytes may begin with "[HEAD] ", the method it answers.
#include <gtest/gtest.h>

#include "base/text.h"
#include "http/core/body.h"
#include "http/core/head.h"
#include "http/core/index.h"
#include "http/core/syntax.h"
#include "support/golden.h"
#include "support/lax_reader.h"

namespace orbit::http {
namespace {

using Kind = ParseOutcome::Kind;

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      out += text[at];
      continue;
    }
    const char c = text[++at];
    if (c == 'x') {
      out += static_cast<char>(hexDigit(text[at + 1]) * 16 + hexDigit(text[at + 2]));
      at += 2;
    } else if (c == '{') {
      const auto star = text.find('*', at);
      const auto end = text.find('}', star);
      const int times = std::stoi(std::string(text.substr(at + 1, star - at - 1)));
      const std::string piece = unescape(text.substr(star + 1, end - star - 1));
      for (int i = 0; i < times; ++i) out += piece;
      at = end;
    } else {
      out += c == 'N' ? "\r\n" : c == 'r' ? "\r" : c == 'n' ? "\n" : c == 't' ? "\t" : std::string(1, c);
    }
  }
  return out;
}

std::string escape(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    char hex[8];
    if (byte == '\r' && bytes.substr(at, 2) == "\r\n") {
      out += "\\N";
      ++at;
    } else if (byte < 0x20 || byte >= 0x7f) {
      std::snprintf(hex, sizeof hex, "\\x%02x", byte);
      out += hex;
    } else {
      out += bytes[at];
    }
  }
  return out;
}

struct Case {
  std::string where;
  std::string bytes;
  std::string expected;
};

std::vector<Case> readCases(const std::string& topic) {
  std::vector<Case> cases;
  const auto dir = std::filesystem::path(ORBIT_SOURCE_DIR) / "tests/golden/http1" / topic;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const std::string text = support::readFile(entry.path());
    int number = 0;
    bool explained = false;
    for (const std::string_view line : split(text, '\n')) {
      ++number;
      explained = explained || startsWith(line, "#");
      if (line.empty() || line.front() == '#') continue;
      const std::string where = entry.path().filename().string() + ":" + std::to_string(number) + ": ";
      const auto name = line.find(" :: ");
      const auto arrow = line.rfind(" => ");
      if (name == std::string_view::npos || arrow == std::string_view::npos || !explained) {
        ADD_FAILURE() << where << "no case, or no reason above the first one";
        continue;
      }
      const std::string_view expected = line.substr(arrow + 4);
      const bool repeats = expected.find("\\{") != std::string_view::npos;
      cases.push_back({where + std::string(line.substr(0, name)), unescape(line.substr(name + 4, arrow - name - 4)),
                       repeats ? unescape(expected) : std::string(expected)});
    }
  }
  return cases;
}

// What follows a head, read as its body in pieces of `step`: " body=... trailers=... rest=..." or how it failed.
std::string readBody(const Framing& framing, std::string_view bytes, std::size_t step, std::string& body) {
  BodyReader reader(framing);
  while (!bytes.empty() && !reader.done()) {
    std::string_view piece = bytes.substr(0, step);
    const std::size_t before = piece.size();
    const auto next = reader.next(piece);
    if (!next.ok()) return " body:" + std::string(codeName(next.error().code));
    body += *next;
    bytes.remove_prefix(before - piece.size());
  }
  std::string out = body.empty() ? "" : " body=" + escape(body);
  if (!reader.trailers().empty() && reader.done()) out += " trailers=" + escape(reader.trailers());
  if (!reader.endsWithConnection()) out += " unfinished";
  if (!bytes.empty()) out += " rest=" + escape(bytes);
  return out;
}

std::string framingText(const Framing& framing) {
  switch (framing.kind) {
    case Framing::Kind::kNone:
      return " none";
    case Framing::Kind::kLength:
      return " length:" + std::to_string(framing.length);
    case Framing::Kind::kChunked:
      return " chunked";
    default:
      return " until-close";
  }
}

std::string requestOutcome(std::string_view bytes, std::size_t step, RequestIndex& head, std::string& body) {
  const ParseOutcome outcome = parseRequestHead(bytes, {}, head);
  if (outcome.kind == Kind::kBad) return std::to_string(outcome.status);
  if (outcome.kind == Kind::kMore) return "more";
  std::string out(head.at(head.methodText));
  out.append(" ").append(head.at(head.hostPort)).append(" ").append(head.at(head.path));
  if (head.hasQuery) out.append("?").append(head.at(head.query));
  if (head.at(head.host) != head.at(head.hostPort)) out.append(" host=").append(head.at(head.host));
  out += framingText(head.framing);
  if (!head.keepAlive) out += " close";
  if (head.upgrade) out += head.webSocket ? " websocket" : " upgrade";
  if (head.expectContinue) out += " continue";
  return out + readBody(head.framing, bytes.substr(outcome.size), step, body);
}

std::string responseOutcome(std::string_view bytes, std::size_t step, ResponseIndex& head, std::string& body) {
  Method request = Method::kGet;
  if (bytes.front() == '[') {
    const auto end = bytes.find("] ");
    request = methodOf(bytes.substr(1, end - 1));
    bytes.remove_prefix(end + 2);
  }
  const ParseOutcome outcome = parseResponseHead(bytes, {}, request, head);
  if (outcome.kind == Kind::kBad) return std::to_string(outcome.status);
  if (outcome.kind == Kind::kMore) return "more";
  std::string out = std::to_string(head.status) + framingText(head.framing);
  if (!head.keepAlive) out += " close";
  return out + readBody(head.framing, bytes.substr(outcome.size), step, body);
}

TEST(Http1Corpus, Requests) {
  const std::vector<Case> cases = readCases("requests");
  EXPECT_GE(cases.size(), 250U);
  for (const Case& each : cases) {
    RequestIndex head;
    std::string body, again;
    const std::string outcome = requestOutcome(each.bytes, each.bytes.size() + 1, head, body);
    EXPECT_EQ(outcome, each.expected) << each.where;
    EXPECT_EQ(requestOutcome(each.bytes, 1, head, again), outcome) << each.where << ", byte by byte";
    // A part of it is never taken for another whole.
    for (std::size_t size = 0; size < std::min<std::size_t>(each.bytes.size(), 3000); ++size) {
      const ParseOutcome part = parseRequestHead(std::string_view(each.bytes).substr(0, size), {}, head);
      if (part.kind == Kind::kMore) continue;
      const std::string text = part.kind == Kind::kBad ? std::to_string(part.status) : "done";
      EXPECT_TRUE(text == outcome || (text == "done" && outcome.size() > 4)) << each.where << " cut at " << size;
    }
  }
}

TEST(Http1Corpus, Responses) {
  const std::vector<Case> cases = readCases("responses");
  EXPECT_GE(cases.size(), 250U);
  for (const Case& each : cases) {
    ResponseIndex head;
    std::string body, again;
    const std::string outcome = responseOutcome(each.bytes, each.bytes.size() + 1, head, body);
    EXPECT_EQ(outcome, each.expected) << each.where;
    EXPECT_EQ(responseOutcome(each.bytes, 1, head, again), outcome) << each.where << ", byte by byte";
  }
}

// The request as an edge sends it on: one Host, one framing, nothing hop-by-hop.
RequestHead sentOn(const RequestIndex& head) {
  RequestHead out;
  out.method = head.at(head.methodText);
  out.target = head.at(head.path);
  if (head.hasQuery) out.target.append("?").append(head.at(head.query));
  out.fields.add("Host", std::string(head.at(head.hostPort)));
  for (const FieldIndex& field : head.fields) {
    if (isHopByHop(head, field) || field.known == Known::kHost || field.known == Known::kContentLength) continue;
    out.fields.add(std::string(head.at(field.name)), std::string(head.at(field.value)));
  }
  if (head.framing.kind == Framing::Kind::kChunked) out.fields.add("Transfer-Encoding", "chunked");
  if (head.framing.kind == Framing::Kind::kLength) {
    out.fields.add("Content-Length", std::to_string(head.framing.length));
  }
  return out;
}

// Whatever is accepted and sent on means the same to the next strict reader, and ends at the same byte for every lax
// one: no reading of lengths, codings, line ends or white space that is known from servers tells another end.
TEST(Http1Corpus, WhatIsSentOnIsReadAlikeByAll) {
  int accepted = 0;
  for (const Case& each : readCases("requests")) {
    RequestIndex first;
    std::string body;
    const std::string outcome = requestOutcome(each.bytes, each.bytes.size() + 1, first, body);
    if (outcome.find(' ') == std::string::npos || outcome.find("unfinished") != std::string::npos ||
        outcome.find("body:") != std::string::npos) {
      continue;
    }
    ++accepted;
    const auto text = encodeRequest(sentOn(first));
    ASSERT_TRUE(text.ok()) << each.where;
    std::string message = *text;
    if (first.framing.kind == Framing::Kind::kChunked) {
      message += (body.empty() ? "" : encodeChunk(body)) + encodeChunk("");
    } else {
      message += body;
    }
    RequestIndex second;
    std::string bodyAgain;
    const std::string again = requestOutcome(message, message.size() + 1, second, bodyAgain);
    EXPECT_EQ(again.find("rest="), std::string::npos) << each.where;
    EXPECT_EQ(bodyAgain, body) << each.where;
    EXPECT_EQ(second.at(second.methodText), first.at(first.methodText)) << each.where;
    EXPECT_EQ(second.at(second.host), first.at(first.host)) << each.where;
    EXPECT_EQ(second.at(second.path), first.at(first.path)) << each.where;
    EXPECT_EQ(second.at(second.query), first.at(first.query)) << each.where;
    EXPECT_EQ(second.hasQuery, first.hasQuery) << each.where;
    EXPECT_EQ(second.framing.kind, first.framing.kind) << each.where;
    for (const support::LaxReader& reader : support::laxReaders()) {
      EXPECT_EQ(reader.messageBytes(message), message.size()) << each.where << ", " << reader.text();
    }
  }
  EXPECT_GE(accepted, 80);
}

}  // namespace
}  // namespace orbit::http

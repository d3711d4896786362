#include "http/core/lines.h"

#include <algorithm>
#include <cstring>

#include "http/core/syntax.h"

namespace orbit::http {
namespace {

using Kind = ParseOutcome::Kind;

constexpr std::size_t kMethodBytesMax = 32;
// What is short is read anew with every byte that arrives; beyond this see mayBeWhole().
constexpr std::size_t kReadAnewBytesMax = 512;

constexpr ParseOutcome kStarved{};

ParseOutcome refuse(int status, const char* reason) {
  return {Kind::kBad, 0, status, reason};
}
ParseOutcome proceed() {
  return {Kind::kDone, 0, 0, ""};
}

// No state is kept between calls, so a head in many pieces is looked at many times. Reading it anew each time could
// cost 64 KiB squared; beyond its first line, which is short, this looks only for the ends of its lines, of which there
// are few: at most about 2 us for 64 KiB, no more than receiving the piece cost. False: nothing can be said yet.
bool mayBeWhole(std::string_view bytes, const HeadLimits& limits) {
  if (bytes.size() <= kReadAnewBytesMax || bytes.size() > limits.headBytesMax) return true;
  if (bytes.substr(bytes.size() - 4) == "\r\n\r\n") return true;
  const char* const begin = bytes.data();
  const char* const end = begin + bytes.size();
  const char* line = begin;
  for (std::size_t lines = 0;; ++lines) {
    const auto* const lf = static_cast<const char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
    if (lf == nullptr) break;
    const bool bare = lf == begin || lf[-1] != '\r';
    const bool empty = lf - line == 1 && line != begin;
    if (bare || empty || lines > limits.fieldsMax + 1) return true;
    line = lf + 1;
  }
  return line == begin;
}

// Reads from the front of a head; every step gives kMore when the bytes end before it does.
class Reader {
 public:
  Reader(std::string_view bytes, const HeadLimits& limits)
      : limits_(limits),
        begin_(bytes.data()),
        at_(begin_),
        end_(begin_ + std::min(bytes.size(), limits.headBytesMax)),
        cut_(bytes.size() > limits.headBytesMax) {}

  // RFC 9112 2.2: one empty line before a request line is passed over.
  ParseOutcome emptyLine() {
    if (at_ == end_) return starved();
    if (*at_ != '\r') return proceed();
    return lineEnd("a CR without LF before the request line");
  }

  // RFC 9112 3: method SP target SP version CRLF, nothing else between them.
  ParseOutcome requestLine(RequestIndex& into) {
    const char* const method = at_;
    at_ = skip(at_, end_, kTokenByte);
    if (static_cast<std::size_t>(at_ - method) > kMethodBytesMax) return refuse(501, "a method longer than any known");
    if (at_ == end_) return starved();
    if (at_ == method || *at_ != ' ') return refuse(400, "the method");
    into.methodText = slice(method, at_);
    const char* const target = ++at_;
    at_ = skipTarget(at_, end_);
    const auto targetBytes = static_cast<std::size_t>(at_ - target);
    if (targetBytes > limits_.targetBytesMax) return refuse(414, "a request target that is too long");
    if (at_ == end_) return starved();
    if (at_ == target || *at_ != ' ') return refuse(400, "the request target");
    into.target = slice(target, at_++);
    into.method = methodOf({method, into.methodText.size});
    return versionThen("\r\n", into);
  }

  // RFC 9112 4: version SP 3DIGIT SP [reason] CRLF; many leave out the second space with the reason.
  ParseOutcome statusLine(ResponseIndex& into) {
    const ParseOutcome version = versionThen(" ", into);
    if (version.kind != Kind::kDone) return version;
    for (int digits = 0; digits < 3; ++digits, ++at_) {
      if (at_ == end_) return starved();
      if (!isDigit(*at_)) return refuse(400, "the status code");
      into.status = into.status * 10 + (*at_ - '0');
    }
    if (into.status < 100 || into.status > 599) return refuse(400, "the status code");
    if (at_ == end_) return starved();
    if (*at_ == ' ') {
      const char* const reason = ++at_;
      at_ = skipFieldValue(at_, end_);
      if (static_cast<std::size_t>(at_ - reason) > limits_.targetBytesMax) return refuse(431, "the reason phrase");
      if (at_ == end_) return starved();
      into.reason = slice(reason, at_);
    }
    return lineEnd("the reason phrase");
  }

  // RFC 9112 5: name ":" OWS value OWS CRLF, until an empty line.
  ParseOutcome fields(HeadIndex& into, Seen& seen) {
    for (;;) {
      if (at_ == end_) return starved();
      if (*at_ == '\r') return lineEnd("a CR without LF");
      const char* const name = at_;
      at_ = skip(at_, end_, kTokenByte);
      if (at_ == end_) return starved();
      if (at_ == name || *at_ != ':') return refuse(400, wrongName(name));
      FieldIndex field;
      field.name = slice(name, at_);
      field.known = knownName({name, field.name.size});
      do ++at_;
      while (at_ != end_ && (*at_ == ' ' || *at_ == '\t'));
      const char* const value = at_;
      at_ = skipFieldValue(at_, end_);
      if (at_ == end_) return starved();
      const char* last = at_;
      while (last != value && (last[-1] == ' ' || last[-1] == '\t')) --last;
      field.value = slice(value, last);
      const ParseOutcome ended = lineEnd("a field value with a control byte");
      if (ended.kind != Kind::kDone) return ended;
      if (into.fields.size() == limits_.fieldsMax) return refuse(431, "too many fields");
      note(field.known, into.fields.size(), seen);
      into.fields.push_back(field);
    }
  }

  ParseOutcome done(HeadIndex& into) const {
    into.text.assign(begin_, at_);
    return {Kind::kDone, static_cast<std::size_t>(at_ - begin_), 0, ""};
  }

 private:
  Slice slice(const char* from, const char* to) const {
    return {static_cast<std::uint32_t>(from - begin_), static_cast<std::uint32_t>(to - from)};
  }

  ParseOutcome starved() const { return cut_ ? refuse(431, "a head that is too long") : kStarved; }

  ParseOutcome lineEnd(const char* reason) {
    if (*at_ != '\r') return refuse(400, *at_ == '\n' ? "a line that ends without CR" : reason);
    if (at_ + 1 == end_) return starved();
    if (at_[1] != '\n') return refuse(400, "a CR without LF");
    at_ += 2;
    return proceed();
  }

  // RFC 9112 2.3. Byte by byte, so that what cannot become a version is refused at once.
  ParseOutcome versionThen(std::string_view after, HeadIndex& into) {
    constexpr std::string_view kVersion = "HTTP/d.d";
    const char* const version = at_;
    for (const char expected : kVersion) {
      if (at_ == end_) return starved();
      if (expected == 'd' ? !isDigit(*at_) : *at_ != expected) return refuse(400, "no HTTP version in the first line");
      ++at_;
    }
    for (const char expected : after) {
      if (at_ == end_) return starved();
      if (*at_++ != expected) return refuse(400, "bytes after the HTTP version");
    }
    if (version[5] != '1' || version[7] > '1') return refuse(505, "a version other than HTTP/1.1 and HTTP/1.0");
    into.minorVersion = static_cast<std::uint8_t>(version[7] - '0');
    return proceed();
  }

  const char* wrongName(const char* name) const {
    if (*name == ' ' || *name == '\t') return "a folded field line, or white space before the first";
    if (*at_ == ' ' || *at_ == '\t') return "white space in a field name or before its colon";
    if (*at_ == '\r' || *at_ == '\n') return "a field line without a colon";
    return "a field name with bytes that are not allowed";
  }

  static void note(Known known, std::size_t index, Seen& seen) {
    const auto at = static_cast<std::uint32_t>(index);
    switch (known) {
      case Known::kHost:
        ++seen.hosts, seen.host = at;
        break;
      case Known::kContentLength:
        ++seen.lengths, seen.length = at;
        break;
      case Known::kTransferEncoding:
        ++seen.codings, seen.coding = at;
        break;
      case Known::kConnection:
        ++seen.connections;
        break;
      case Known::kUpgrade:
        ++seen.upgrades, seen.upgrade = at;
        break;
      case Known::kExpect:
        ++seen.expects, seen.expect = at;
        break;
      case Known::kSecWebSocketKey:
        ++seen.keys;
        break;
      default:
        break;
    }
  }

  const HeadLimits& limits_;
  const char* const begin_;
  const char* at_;
  const char* const end_;
  const bool cut_;  // there is more, beyond the limit
};

}  // namespace

ParseOutcome readRequestLines(std::string_view bytes, const HeadLimits& limits, RequestIndex& into, Seen& seen) {
  if (!mayBeWhole(bytes, limits)) return kStarved;
  Reader reader(bytes, limits);
  ParseOutcome outcome = reader.emptyLine();
  if (outcome.kind == Kind::kDone) outcome = reader.requestLine(into);
  if (outcome.kind == Kind::kDone) outcome = reader.fields(into, seen);
  if (outcome.kind == Kind::kBad) reader.done(into);  // what is known of it
  return outcome.kind == Kind::kDone ? reader.done(into) : outcome;
}

ParseOutcome readResponseLines(std::string_view bytes, const HeadLimits& limits, ResponseIndex& into, Seen& seen) {
  if (!mayBeWhole(bytes, limits)) return kStarved;
  Reader reader(bytes, limits);
  ParseOutcome outcome = reader.statusLine(into);
  if (outcome.kind == Kind::kDone) outcome = reader.fields(into, seen);
  return outcome.kind == Kind::kDone ? reader.done(into) : outcome;
}

ParseOutcome readFieldLines(std::string_view bytes, const HeadLimits& limits, HeadIndex& into, Seen& seen) {
  Reader reader(bytes, limits);
  const ParseOutcome outcome = reader.fields(into, seen);
  return outcome.kind == Kind::kDone ? reader.done(into) : outcome;
}

}  // namespace orbit::http

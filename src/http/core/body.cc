#include "http/core/body.h"

#include <algorithm>

#include "http/core/limits.h"
#include "http/core/lines.h"
#include "http/core/syntax.h"

namespace orbit::http {
namespace {

// The framing the fields declare, or `otherwise`.
Result<Framing> framing(const Fields& fields, int minorVersion, Framing::Kind otherwise) {
  DeclaredFraming declared;
  for (const Field& field : fields) {
    const Known known = knownName(field.name);
    if (known == Known::kContentLength) {
      ++declared.lengths;
      declared.length = field.value;
    } else if (known == Known::kTransferEncoding) {
      ++declared.codings;
      declared.coding = field.value;
    }
  }
  Framing framing;
  const Refusal refusal = decideFraming(declared, minorVersion, otherwise, framing);
  if (!refusal) return framing;
  if (refusal.status == 413) return Error{Code::kLimit, refusal.reason};
  if (refusal.status == 501) return Error{Code::kUnsupported, refusal.reason};
  return Error{Code::kProtocol, "malformed HTTP: " + std::string(refusal.reason)};
}

// *( BWS ";" BWS token [ BWS "=" BWS ( token / quoted-string ) ] ) (RFC 9112 7.1.1), but no white space before the
// first
// ";": readers differ on whether the size may be followed by it.
bool isChunkExtension(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto blanks = [&at, end] {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
  };
  const auto token = [&at, end] {
    const char* const begin = at;
    at = skip(at, end, kTokenByte);
    return at != begin;
  };
  while (at != end) {
    if (*at++ != ';') return false;
    blanks();
    if (!token()) return false;
    blanks();
    if (at == end || *at != '=') continue;
    ++at;
    blanks();
    if (at == end || *at != '"') {
      if (!token()) return false;
    } else {
      for (++at; at != end && *at != '"'; ++at) {
        if (*at == '\\' && ++at == end) return false;
        if (!isFieldValue({at, 1})) return false;
      }
      if (at++ == end) return false;
    }
    blanks();
  }
  return true;
}

}  // namespace

Result<Framing> requestFraming(const Fields& fields, int minorVersion) {
  return framing(fields, minorVersion, Framing::Kind::kNone);
}

Result<Framing> responseFraming(const ResponseHead& head, int minorVersion, std::string_view requestMethod) {
  ORBIT_TRY(const Framing declaredFraming, framing(head.fields, minorVersion, Framing::Kind::kUntilClose));
  // RFC 9112 6.3: these have none, whatever they declare.
  if (requestMethod == "HEAD" || head.status < 200 || head.status == 204 || head.status == 304) return Framing{};
  return declaredFraming;
}

BodyReader::BodyReader(Framing framing) : kind_(framing.kind), state_(State::kData), left_(framing.length) {
  if (kind_ == Framing::Kind::kChunked) state_ = State::kChunkLine;
  if (kind_ == Framing::Kind::kNone || (kind_ == Framing::Kind::kLength && left_ == 0)) state_ = State::kDone;
  if (kind_ == Framing::Kind::kUntilClose) left_ = UINT64_MAX;
}

Result<std::string_view> BodyReader::next(std::string_view& bytes) {
  Step step = Step::kOn;
  while (step == Step::kOn) {
    if (state_ == State::kDone) return std::string_view();
    if (state_ == State::kData) return nextData(bytes);
    std::string_view line;
    const bool chunkLine = state_ == State::kChunkLine;
    const std::size_t bytesMax = chunkLine ? kChunkLineBytesMax : state_ == State::kChunkEnd ? 2 : kTrailerBytesMax;
    step = takeLine(bytes, bytesMax, line);
    if (step != Step::kOn) break;
    if (chunkLine) {
      step = beginChunk(line);
    } else if (state_ == State::kChunkEnd) {
      state_ = State::kChunkLine;
    } else {
      step = line.empty() ? endTrailers() : addTrailer(line);
    }
  }
  if (step == Step::kMore) return std::string_view();
  return Error{code_, (code_ == Code::kProtocol ? "malformed HTTP: " : "") + std::string(reason_)};
}

std::string_view BodyReader::nextData(std::string_view& bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  const std::string_view piece = bytes.substr(0, count);
  bytes.remove_prefix(count);
  if (kind_ == Framing::Kind::kUntilClose) return piece;
  left_ -= count;
  if (left_ == 0) state_ = kind_ == Framing::Kind::kChunked ? State::kChunkEnd : State::kDone;
  return piece;
}

BodyReader::Step BodyReader::fail(Code code, const char* reason) {
  code_ = code;
  reason_ = reason;
  return Step::kFailed;
}

// A line that is whole in `bytes`, as nearly all are, is not copied.
BodyReader::Step BodyReader::takeLine(std::string_view& bytes, std::size_t bytesMax, std::string_view& line) {
  if (lineUsed_) line_.clear();
  lineUsed_ = false;
  const std::size_t room = bytesMax - line_.size();
  const auto end = bytes.substr(0, room).find('\n');
  if (end == std::string_view::npos && bytes.size() >= room) {
    return fail(Code::kProtocol, "a line too long in a chunked body");
  }
  const std::size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
  line = bytes.substr(0, count);
  bytes.remove_prefix(count);
  if (end == std::string_view::npos || !line_.empty()) {
    line_.append(line);
    line = line_;
  }
  if (end == std::string_view::npos) return Step::kMore;
  lineUsed_ = true;
  if (line.size() < 2 || line[line.size() - 2] != '\r') {
    return fail(Code::kProtocol, "a line without CRLF in a chunked body");
  }
  line.remove_suffix(2);
  return Step::kOn;
}

// "1f;extension" (RFC 9112 7.1). Extensions are checked and dropped; they may not cost more than they are worth.
BodyReader::Step BodyReader::beginChunk(std::string_view line) {
  std::uint64_t size = 0;
  std::size_t at = 0;
  for (; at < line.size() && hexDigit(line[at]) >= 0; ++at) {
    size = size * 16 + static_cast<std::uint64_t>(hexDigit(line[at]));
    if (size > kBodyBytesMax) return fail(Code::kLimit, "an HTTP chunk claims more bytes than any we take");
  }
  const std::string_view extension = line.substr(at);
  if (at == 0 || (!extension.empty() && extension.front() != ';')) {
    return fail(Code::kProtocol, "the size of a chunk");
  }
  if (!isChunkExtension(extension)) return fail(Code::kProtocol, "the extension of a chunk");
  extensionBytes_ += extension.size();
  if (extensionBytes_ > kChunkExtensionBytesMax)
    return fail(Code::kLimit, "an HTTP body has too many chunk extensions");
  left_ = size;
  state_ = size == 0 ? State::kTrailers : State::kData;
  return Step::kOn;
}

BodyReader::Step BodyReader::addTrailer(std::string_view line) {
  if (trailers_.size() + line.size() + 4 > kTrailerBytesMax) {
    return fail(Code::kLimit, "an HTTP body has too long a trailer");
  }
  trailers_.append(line).append("\r\n");
  return Step::kOn;
}

BodyReader::Step BodyReader::endTrailers() {
  state_ = State::kDone;
  const Refusal refusal = keepTrailers(trailers_);
  if (!refusal) return Step::kOn;
  state_ = State::kTrailers;
  return fail(refusal.status == 431 ? Code::kLimit : Code::kProtocol, refusal.reason);
}

std::string encodeChunk(std::string_view piece) {
  char size[20];
  const int digits = std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  std::string out(size, static_cast<std::size_t>(digits));
  out.append(piece).append("\r\n");
  return out;
}

}  // namespace orbit::http

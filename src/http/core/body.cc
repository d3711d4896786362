#include "http/core/body.h"

#include <algorithm>

#include "base/text.h"
#include "http/core/head.h"
#include "http/core/limits.h"

namespace orbit::http {
namespace {

Error malformed(std::string what) {
  return {Code::kProtocol, "malformed HTTP: " + std::move(what)};
}

struct Declared {
  int lengths = 0;
  int codings = 0;
  std::string_view length;
  std::string coding;
};

Declared declared(const Fields& fields) {
  Declared result;
  for (const Field& field : fields) {
    const std::string name = lower(field.name);
    if (name == "content-length") {
      ++result.lengths;
      result.length = field.value;
    } else if (name == "transfer-encoding") {
      ++result.codings;
      result.coding = lower(field.value);
    }
  }
  return result;
}

Result<std::uint64_t> parseLength(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || text.size() > 18) return malformed("the Content-Length");
  for (const char c : text) {
    if (c < '0' || c > '9') return malformed("the Content-Length");
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > kBodyBytesMax) return Error{Code::kLimit, "an HTTP body claims more bytes than any we take"};
  return value;
}

// The framing the fields declare, or `otherwise`.
Result<Framing> framing(const Fields& fields, int minorVersion, Framing::Kind otherwise) {
  const Declared says = declared(fields);
  if (says.codings > 0) {
    if (says.lengths > 0) return malformed("both Content-Length and Transfer-Encoding");
    if (minorVersion == 0) return malformed("Transfer-Encoding in HTTP/1.0");
    if (says.codings > 1) return malformed("more than one Transfer-Encoding");
    if (says.coding != "chunked") {
      return Error{Code::kUnsupported, "no transfer coding is understood here but chunked"};
    }
    return Framing{Framing::Kind::kChunked, 0};
  }
  if (says.lengths > 1) return malformed("more than one Content-Length");
  if (says.lengths == 1) {
    ORBIT_TRY(const std::uint64_t length, parseLength(says.length));
    return Framing{Framing::Kind::kLength, length};
  }
  return Framing{otherwise, 0};
}

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
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
  for (;;) {
    switch (state_) {
      case State::kDone:
        return std::string_view();
      case State::kData:
        return nextData(bytes);
      case State::kChunkLine: {
        ORBIT_TRY(const bool whole, takeLine(bytes, kChunkLineBytesMax));
        if (!whole) return std::string_view();
        ORBIT_TRY_STATUS(beginChunk());
        break;
      }
      case State::kChunkEnd: {
        ORBIT_TRY(const bool whole, takeLine(bytes, 2));
        if (!whole) return std::string_view();
        line_.clear();
        state_ = State::kChunkLine;
        break;
      }
      case State::kTrailers: {
        ORBIT_TRY(const bool whole, takeLine(bytes, kTrailerBytesMax));
        if (!whole) return std::string_view();
        const bool last = line_ == "\r\n";
        trailers_ += line_;
        line_.clear();
        if (trailers_.size() > kTrailerBytesMax) return Error{Code::kLimit, "an HTTP body has too long a trailer"};
        if (!last) break;
        // Checked, and dropped: nothing of ours reads trailers.
        ORBIT_TRY([[maybe_unused]] const Fields fields, parseFields(trailers_));
        state_ = State::kDone;
        break;
      }
    }
  }
}

Result<std::string_view> BodyReader::nextData(std::string_view& bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  const std::string_view piece = bytes.substr(0, count);
  bytes.remove_prefix(count);
  if (kind_ == Framing::Kind::kUntilClose) return piece;
  left_ -= count;
  if (left_ == 0) state_ = kind_ == Framing::Kind::kChunked ? State::kChunkEnd : State::kDone;
  return piece;
}

Result<bool> BodyReader::takeLine(std::string_view& bytes, std::size_t bytesMax) {
  const auto end = bytes.find('\n');
  const std::size_t count = end == std::string_view::npos ? bytes.size() : end + 1;
  if (line_.size() + count > bytesMax) return malformed("a line too long in a chunked body");
  line_.append(bytes.substr(0, count));
  bytes.remove_prefix(count);
  if (end == std::string_view::npos) return false;
  if (!endsWith(line_, "\r\n")) return malformed("a line without CRLF in a chunked body");
  return true;
}

// "1f;extension\r\n" (RFC 9112 7.1). Extensions are skipped; control bytes in them are refused.
Status BodyReader::beginChunk() {
  std::uint64_t size = 0;
  std::size_t at = 0;
  for (; hexDigit(line_[at]) >= 0; ++at) {
    size = size * 16 + static_cast<std::uint64_t>(hexDigit(line_[at]));
    if (size > kBodyBytesMax) return Error{Code::kLimit, "an HTTP chunk claims more bytes than any we take"};
  }
  const std::string_view rest = std::string_view(line_).substr(at, line_.size() - at - 2);
  if (at == 0 || (!rest.empty() && rest.front() != ';')) return malformed("the size of a chunk");
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return malformed("the extension of a chunk");
  }
  line_.clear();
  left_ = size;
  state_ = size == 0 ? State::kTrailers : State::kData;
  return {};
}

std::string encodeChunk(std::string_view piece) {
  char size[20];
  const int digits = std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  std::string out(size, static_cast<std::size_t>(digits));
  out.append(piece).append("\r\n");
  return out;
}

}  // namespace orbit::http

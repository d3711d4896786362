#include "http/core/h2_request.h"

#include <algorithm>

#include "http/core/syntax.h"

namespace orbit::http {
namespace {

constexpr std::size_t kFieldOverheadBytes = 32;  // RFC 9113 6.5.2
constexpr std::size_t kPatience = 4;             // times the limit, until the connection ends

}  // namespace

void H2RequestBuilder::begin() {
  head_.clear();
  head_.http2 = true;
  listBytes_ = 0;
  scheme_ = authority_ = Slice{};
  cookies_ = hosts_ = lengths_ = 0;
  hasPriority_ = hasAuthority_ = false;
}

Slice H2RequestBuilder::append(std::string_view part) {
  const Slice slice{static_cast<std::uint32_t>(head_.text.size()), static_cast<std::uint32_t>(part.size())};
  head_.text.append(part);
  return slice;
}

bool H2RequestBuilder::add(std::string_view name, std::string_view value) {
  listBytes_ += name.size() + value.size() + kFieldOverheadBytes;
  if (listBytes_ > listBytesMax_) return listBytes_ <= listBytesMax_ * kPatience;
  if (name.front() == ':') {
    addPseudo(name, value);
    return true;
  }
  if (head_.fields.size() > HeadLimits{}.fieldsMax) return true;
  FieldIndex& field = head_.fields.emplace_back();
  field.known = knownName(name);
  field.name = append(name);
  head_.text += ": ";
  field.value = append(value);
  head_.text += "\r\n";
  if (field.known == Known::kCookie) ++cookies_;
  if (field.known == Known::kHost) ++hosts_;
  if (field.known == Known::kContentLength) ++lengths_;
  if (field.known == Known::kOther && name == "priority") hasPriority_ = true;
  return true;
}

void H2RequestBuilder::addPseudo(std::string_view name, std::string_view value) {
  const Slice slice = append(value);
  head_.text += "\r\n";
  if (name == ":method") {
    head_.methodText = slice;
    head_.method = methodOf(value);
  } else if (name == ":path") {
    head_.target = slice;
  } else if (name == ":scheme") {
    scheme_ = slice;
  } else if (name == ":authority") {
    authority_ = head_.host = slice;  // as it came, until readHost()
    hasAuthority_ = true;
  }
}

Refusal H2RequestBuilder::finish(bool end) {
  constexpr HeadLimits kLimits;
  if (listBytes_ > listBytesMax_ || head_.fields.size() > kLimits.fieldsMax) return {431, "the fields are too many"};
  if (head_.method == Method::kConnect) return {501, "CONNECT is not served here"};
  if (head_.target.size > kLimits.targetBytesMax) return {414, "the request target is too long"};
  const std::string_view scheme = head_.at(scheme_);
  if (!equalsLower(scheme, "https") && !equalsLower(scheme, "http")) return {400, "the scheme"};
  if (!isToken(head_.at(head_.methodText))) return {400, "the method"};
  if (const Refusal refusal = readHost()) return refusal;
  if (const Refusal refusal = readPath()) return refusal;
  if (cookies_ > 1) joinCookies();
  return readFraming(end);
}

// RFC 9113 8.3.1: :authority is the host; a Host field that says something else is refused, since the server behind
// might believe it. Above, there is one Host field in any case.
Refusal H2RequestBuilder::readHost() {
  if (hosts_ > 1) return {400, "more than one Host"};
  if (hosts_ == 0) {
    if (!hasAuthority_) return {400, "no host"};
    FieldIndex& field = head_.fields.emplace_back();
    field.known = Known::kHost;
    field.name = append("host");
    field.value = authority_;
    return indexHost(head_, authority_);
  }
  const Slice host = head_.find(Known::kHost)->value;
  if (const Refusal refusal = indexHost(head_, host)) return refusal;
  if (!hasAuthority_) return {};
  const Slice said = head_.hostPort;
  if (const Refusal refusal = indexHost(head_, authority_)) return refusal;
  if (!sameName(head_.at(said), head_.at(head_.hostPort))) return {400, "Host and :authority do not agree"};
  return {};
}

Refusal H2RequestBuilder::readPath() {
  const std::string_view target = head_.at(head_.target);
  if (!isTarget(target)) return {400, "the path"};
  if (target.front() == '/') return indexPath(head_, head_.target);
  if (target != "*" || head_.method != Method::kOptions) return {400, "the path does not begin with a slash"};
  head_.path = head_.target;
  return {};
}

// The length, where one is declared, is what nghttp2 holds the DATA frames to.
Refusal H2RequestBuilder::readFraming(bool end) {
  DeclaredFraming declared{lengths_, 0, {}, {}};
  if (lengths_ > 0) declared.length = head_.at(head_.find(Known::kContentLength)->value);
  const auto otherwise = end ? Framing::Kind::kNone : Framing::Kind::kChunked;
  if (const Refusal refusal = decideFraming(declared, 1, otherwise, head_.framing)) return refusal;
  const FieldIndex* expect = head_.find(Known::kExpect);
  if (expect == nullptr) return {};
  if (!equalsLower(head_.at(expect->value), "100-continue")) return {417, "an expectation other than 100-continue"};
  head_.expectContinue = !end;
  return {};
}

// RFC 9113 8.2.3: one field before it leaves HTTP/2.
void H2RequestBuilder::joinCookies() {
  std::string joined;
  for (const FieldIndex& field : head_.fields) {
    if (field.known == Known::kCookie) joined.append(joined.empty() ? "" : "; ").append(head_.at(field.value));
  }
  FieldIndex one = *head_.find(Known::kCookie);
  std::erase_if(head_.fields, [](const FieldIndex& field) { return field.known == Known::kCookie; });
  one.value = append(joined);
  head_.fields.push_back(one);
}

}  // namespace orbit::http

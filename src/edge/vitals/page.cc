#include "base/text.h"
#include "edge/routing/field_text.h"
#include "edge/vitals/vitals.h"

namespace orbit::edge {
namespace {

bool isPlain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (lowerChar(c) >= 'a' && lowerChar(c) <= 'z') || c == '-' || c == '_' || c == '+' ||
           c == '/' || c == '=' || c == '.';
  });
}

// Of the first 'nonce-...' there is (CSP 3, 2.3.1).
std::string_view nonceOf(const http::ResponseIndex& answer) {
  constexpr std::string_view kNonce = "'nonce-";
  const http::FieldIndex* policy = answer.find("content-security-policy");
  if (policy == nullptr) return {};
  const std::string_view text = answer.at(policy->value);
  const std::size_t at = text.find(kNonce);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = text.substr(at + kNonce.size());
  const std::string_view nonce = rest.substr(0, rest.find('\''));
  return isPlain(nonce) ? nonce : std::string_view();
}

}  // namespace

bool wantsPage(const http::RequestIndex& request) {
  if (request.method != http::Method::kGet) return false;
  if (const http::FieldIndex* to = request.find("sec-fetch-dest")) return request.at(to->value) == "document";
  const http::FieldIndex* accept = request.find("accept");
  return accept != nullptr && request.at(accept->value).find("text/html") != std::string_view::npos;
}

bool takesTag(const http::ResponseIndex& answer) {
  if (answer.status != 200 || answer.find("content-encoding") != nullptr) return false;
  const http::FieldIndex* type = answer.find(http::Known::kContentType);
  if (type == nullptr || !startsWith(lower(answer.at(type->value)), "text/html")) return false;
  const http::FieldIndex* cache = answer.find("cache-control");
  return cache == nullptr || !http::listNames(answer.at(cache->value), "no-transform");
}

std::string vitalsTag(std::string_view path, std::string_view release, const http::ResponseIndex& answer) {
  std::string tag = "<script async src=\"";
  tag.append(path).append(".js\"");
  if (isPlain(release)) tag.append(" data-release=\"").append(release).append("\"");
  if (const std::string_view nonce = nonceOf(answer); !nonce.empty()) {
    tag.append(" nonce=\"").append(nonce).append("\"");
  }
  tag += "></script>";
  return tag;
}

// HTML 13.2.5, as much of it as finds the first start tag named head.
bool HeadFinder::step(char c) {
  switch (in_) {
    case In::kText:
      if (c == '<') {
        in_ = In::kTag;
        lastSize_ = 0;
      }
      return false;
    case In::kTag: {
      const bool ends = c == '>' || c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '/';
      if (ends) {
        const bool head = lastSize_ == 4 && std::string_view(last_.data(), 4) == "head" && c != '/';
        in_ = head && c != '>' ? In::kHead : In::kText;
        return head && c == '>';
      }
      if (lastSize_ < last_.size()) {
        last_[lastSize_++] = lowerChar(c);
        const std::string_view name(last_.data(), lastSize_);
        if (name == "!--") {
          in_ = In::kComment;
          lastSize_ = 0;
        }
      } else {
        in_ = In::kText;  // a longer name
      }
      return false;
    }
    case In::kHead:
      if (quote_ != 0) {
        if (c == quote_) quote_ = 0;
      } else if (c == '"' || c == '\'') {
        quote_ = c;
      } else if (c == '>') {
        in_ = In::kText;
        return true;
      }
      return false;
    case In::kComment:
      if (c == '>' && lastSize_ >= 2) {
        in_ = In::kText;
      } else {
        lastSize_ = c == '-' ? static_cast<std::uint8_t>(std::min(lastSize_ + 1, 2)) : std::uint8_t{0};
      }
      return false;
  }
  return false;
}

std::size_t HeadFinder::find(std::string_view piece) {
  for (std::size_t at = 0; at < piece.size() && seen_ < kWithin; ++at) {
    ++seen_;
    if (!step(piece[at])) continue;
    seen_ = kWithin;
    return at + 1;
  }
  return kNone;
}

}  // namespace orbit::edge

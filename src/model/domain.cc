#include "model/domain.h"

#include <algorithm>

#include "base/text.h"

namespace orbit::model {
namespace {

constexpr std::size_t kHostBytesMax = 253;  // RFC 1035 2.3.4
constexpr std::size_t kLabelBytesMax = 63;

bool isLabel(std::string_view label) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), plain);
}

}  // namespace

Result<std::string> normalHost(std::string_view text) {
  const auto wrong = [&](std::string hint) {
    return Error{
        .code = Code::kInvalid, .message = "`" + std::string(text) + "` is no domain", .hint = std::move(hint)};
  };
  if (text.find("://") != std::string_view::npos || text.find('/') != std::string_view::npos) {
    return wrong("write only the host, as shop.example.com");
  }
  std::string host = lower(text);
  if (endsWith(host, ".")) host.pop_back();
  if (host.size() > kHostBytesMax) return wrong("a host has at most 253 characters");
  if (endsWith(host, ".localhost") || host == "localhost") {
    return wrong("names under localhost are given by `orbit up` without asking");
  }
  auto labels = split(host, '.');
  if (labels.size() < 2) return wrong("it needs a dot, as in shop.example.com");
  const bool digits =
      std::all_of(labels.back().begin(), labels.back().end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits) return wrong("an address gets no certificate; use a name, as shop.example.com");
  for (std::size_t i = labels.front() == "*" ? 1 : 0; i < labels.size(); ++i) {
    if (isLabel(labels[i])) continue;
    return wrong(
        "each part has 1 to 63 of a-z, 0-9 and `-`, and no `-` at its ends; write other letters as punycode (xn--…)");
  }
  if (labels.front() == "*" && labels.size() < 3) return wrong("a wildcard stands for one part: *.example.com");
  return host;
}

}  // namespace orbit::model

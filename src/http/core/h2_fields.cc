#include "http/core/h2_fields.h"

#include "http/core/index.h"
#include "http/core/syntax.h"

namespace orbit::http {
namespace {

bool isConnectionSpecific(std::string_view name) {
  switch (knownName(name)) {
    case Known::kConnection:
    case Known::kKeepAlive:
    case Known::kProxyConnection:
    case Known::kTransferEncoding:
    case Known::kUpgrade:
    case Known::kTe:
      return true;
    default:
      return false;
  }
}

std::uint8_t* bytesOf(std::string_view text) {
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 only reads them
}

}  // namespace

void FieldViews::add(std::string_view name, std::string_view value) {
  if (size_ == kMost) return;
  fields_[size_++] = {bytesOf(name), bytesOf(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

void addStatus(int status, FieldViews& into) {
  char* text = into.statusText();
  for (int i = 2; i >= 0; --i, status /= 10) text[i] = static_cast<char>('0' + status % 10);
  into.add(":status", {text, 3});
}

bool readFieldViews(std::string_view lines, FieldViews& into) {
  const std::size_t before = into.size();
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || isConnectionSpecific(line.substr(0, colon))) continue;
    into.add(line.substr(0, colon), trimBlanks(line.substr(colon + 1)));
  }
  return into.size() > before;
}

}  // namespace orbit::http

// Request heads: however the bytes are cut, the same head; and what was parsed is read the same when sent again.
#include "http/core/body.h"
#include "http/core/head.h"

namespace {

using namespace orbit;

std::optional<std::string> collect(std::string_view bytes, std::size_t step) {
  http::HeadReader reader;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, step);
    const std::size_t before = piece.size();
    const auto whole = reader.feed(piece);
    if (!whole.ok()) return std::nullopt;
    bytes.remove_prefix(before - piece.size());
    if (*whole) return reader.text();
  }
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto text = collect(bytes, bytes.size());
  ORBIT_CHECK(text == collect(bytes, 3));
  if (!text) return 0;
  const auto request = http::parseRequest(*text);
  if (!request.ok()) return 0;
  const auto framing = http::requestFraming(request->head.fields, request->minorVersion);
  const auto sent = http::encodeRequest(request->head);
  ORBIT_CHECK(sent.ok());
  const auto again = http::parseRequest(*sent);
  if (request->minorVersion == 0) return 0;
  ORBIT_CHECK(again.ok() && again->head.method == request->head.method && again->head.target == request->head.target &&
              again->head.fields.size() == request->head.fields.size());
  ORBIT_CHECK(framing.ok() == http::requestFraming(again->head.fields, 1).ok());
  return 0;
}

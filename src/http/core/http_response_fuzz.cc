// Response heads, their framing, and the body bytes behind them.
#include "http/core/body.h"
#include "http/core/head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  http::HeadReader reader;
  const auto whole = reader.feed(bytes);
  if (!whole.ok() || !*whole) return 0;
  const auto response = http::parseResponse(reader.text());
  if (!response.ok()) return 0;
  ORBIT_CHECK(response->head.status >= 100 && response->head.status <= 599);
  const auto sent = http::encodeResponse(response->head);
  ORBIT_CHECK(sent.ok() && http::parseResponse(*sent).ok());
  const auto framing = http::responseFraming(response->head, response->minorVersion, "GET");
  if (!framing.ok()) return 0;
  http::BodyReader body(*framing);
  while (!bytes.empty() && !body.done()) {
    const auto piece = body.next(bytes);
    if (!piece.ok()) break;
  }
  return 0;
}

// Chunked bodies: however the bytes are cut, the same body, the same end, or a failure both times.
#include "http/core/body.h"

namespace {

using namespace orbit;

struct Outcome {
  std::string body;
  std::size_t used = 0;
  bool done = false;
  bool failed = false;
};

Outcome decode(std::string_view bytes, std::size_t step) {
  http::BodyReader reader({http::Framing::Kind::kChunked, 0});
  Outcome outcome;
  while (outcome.used < bytes.size() && !reader.done() && !outcome.failed) {
    std::string_view piece = bytes.substr(outcome.used, step);
    const std::size_t before = piece.size();
    const auto next = reader.next(piece);
    outcome.used += before - piece.size();
    outcome.failed = !next.ok();
    if (next.ok()) outcome.body += *next;
  }
  outcome.done = reader.done();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Outcome whole = decode(bytes, bytes.size());
  const Outcome cut = decode(bytes, 1);
  ORBIT_CHECK(whole.failed == cut.failed && whole.done == cut.done);
  if (!whole.failed) ORBIT_CHECK(whole.body == cut.body && whole.used == cut.used);
  return 0;
}

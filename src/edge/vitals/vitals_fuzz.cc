// A beacon is anybody's text, and a page anybody's HTML cut anywhere: neither may be read past its end, what is made of
// a path is a path, and the tag's place does not hang on where the pieces end.
#include <cstdlib>

#include "base/text.h"
#include "edge/vitals/vitals.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using orbit::edge::HeadFinder;
  const std::string text(reinterpret_cast<const char*>(data), size);
  orbit::edge::Beacon beacon;
  if (orbit::edge::readBeacon(text, beacon)) {
    if (beacon.vitals.empty() || beacon.page.empty() || beacon.page.front() != '/') std::abort();
    if (beacon.page.size() > 300) std::abort();
  }
  HeadFinder whole;
  const std::size_t place = whole.find(text);
  HeadFinder pieces;
  std::size_t found = HeadFinder::kNone;
  const std::size_t step = size == 0 ? 1 : 1 + data[0] % 9;
  for (std::size_t at = 0; at < text.size() && found == HeadFinder::kNone; at += step) {
    const std::size_t in = pieces.find(std::string_view(text).substr(at, step));
    if (in != HeadFinder::kNone) found = at + in;
  }
  if (found != place) std::abort();
  return 0;
}

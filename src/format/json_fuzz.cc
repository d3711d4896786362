// JSON in: no crash, and what was read dumps to a text that reads back the same.
#include "format/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::format;
  const auto json = parseJson({reinterpret_cast<const char*>(data), size}, "fuzz.json");
  if (!json.ok()) return 0;
  for (const int indent : {0, 2}) {
    const auto back = parseJson(json->dump(indent));
    ORBIT_CHECK(back.ok() && *back == *json);
  }
  return 0;
}

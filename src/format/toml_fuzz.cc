// TOML in: no crash, each value with a place in the text, and what was read dumps as YAML.
#include "format/toml.h"
#include "format/yaml.h"

namespace {

void checkPlaces(const orbit::format::Node& node) {
  ORBIT_CHECK(node.at.line >= 0 && node.at.column >= 0);
  for (const auto& item : node.items) checkPlaces(item);
  for (const auto& entry : node.entries) {
    ORBIT_CHECK(entry.keyAt.line > 0);
    checkPlaces(entry.value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::format;
  const auto node = parseToml({reinterpret_cast<const char*>(data), size}, "fuzz.toml");
  if (!node.ok()) {
    ORBIT_CHECK(!node.error().message.empty());
    return 0;
  }
  checkPlaces(*node);
  static_cast<void>(dumpYaml(*node));
  return 0;
}

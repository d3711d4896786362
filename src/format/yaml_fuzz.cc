// YAML in: no crash, and what was read dumps to a text that reads back and dumps the same.
#include "format/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::format;
  const auto nodes = parseYamlAll({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
  if (!nodes.ok()) {
    ORBIT_CHECK(!nodes.error().message.empty());
    return 0;
  }
  for (const auto& node : *nodes) {
    const std::string once = dumpYaml(node);
    const auto back = parseYaml(once, "dump.yaml");
    if (!back.ok() && back.error().code == orbit::Code::kLimit) continue;  // aliases written out
    ORBIT_CHECK(back.ok());
    ORBIT_CHECK(dumpYaml(*back) == once);
  }
  return 0;
}

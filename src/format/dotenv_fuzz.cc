// Env files and values with variables in: no crash, no growth past the limits.
#include "format/dotenv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::format;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Lookup lookup = [](std::string_view name) -> std::optional<std::string> {
    if (name == "A") return "value";
    if (name == "E") return "";
    return std::nullopt;
  };
  const auto entries = parseDotenv(text, ".env", lookup);
  if (entries.ok()) {
    for (const auto& entry : *entries) ORBIT_CHECK(!entry.key.empty() && entry.at.line > 0 && entry.at.column > 0);
  } else {
    ORBIT_CHECK(entries.error().at.line > 0);
  }
  const auto value = interpolate(text, lookup, [](std::string_view name) { ORBIT_CHECK(!name.empty()); });
  ORBIT_CHECK(!value.ok() || text.find('$') != std::string_view::npos || *value == text);
  return 0;
}

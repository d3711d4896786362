// Ignore rules, a line "=", then paths: no crash, and a folder that need not be walked hides what is in it.
#include "base/text.h"
#include "format/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::format;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto cut = text.find("\n=\n");
  const auto rules = IgnoreRules::parse(text.substr(0, cut), ".dockerignore");
  if (!rules.ok()) {
    ORBIT_CHECK(rules.error().code == orbit::Code::kLimit || rules.error().at.line > 0);
    return 0;
  }
  if (cut == std::string_view::npos) return 0;
  for (const auto path : orbit::split(text.substr(cut + 3), '\n')) {
    if (path.find("..") != std::string_view::npos) continue;
    const bool ignored = rules->ignores(path);
    if (rules->ignoresAllBelow(path)) {
      ORBIT_CHECK(ignored);
      ORBIT_CHECK(rules->ignores(std::string(path) + "/x/y"));
    }
  }
  return 0;
}

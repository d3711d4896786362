#include "table/path.h"

namespace orbit::table {

Trail Path::trail() const {
  if (up == nullptr) return {};
  Trail out = up->trail();
  out.push_back({std::string(key), index});
  return out;
}

std::string textOf(const Trail& trail) {
  std::string out;
  for (const auto& step : trail) {
    if (step.key.empty()) {
      out += "[" + std::to_string(step.index) + "]";
    } else {
      out.append(out.empty() ? "" : ".").append(step.key);
    }
  }
  return out;
}

}  // namespace orbit::table

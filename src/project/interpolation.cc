#include "project/interpolation.h"

#include "base/text.h"
#include "format/dotenv.h"
#include "project/schema_shapes.h"

namespace orbit::project {
namespace {

using format::Node;

// Level 0 is the file, 2 a service: the places where `x-` keys are the user's own, but for `x-orbit`.
void walk(Node& node, int level, const Environment& environment, ReadingState& state) {
  interpolateValue(node, environment, state);
  for (auto& item : node.items) walk(item, level + 1, environment, state);
  for (auto& entry : node.entries) {
    if ((level == 0 || level == 2) && startsWith(entry.key, "x-") && entry.key != kOrbitKey) continue;
    walk(entry.value, level + 1, environment, state);
  }
}

}  // namespace

void interpolateValue(Node& value, const Environment& environment, ReadingState& state) {
  if (!value.isString() || value.text.find('$') == std::string::npos) return;
  const auto lookup = [&](std::string_view name) { return environment.find(name); };
  const auto onUnset = [&](std::string_view name) {
    if (!state.unset.insert(std::string(name)).second) return;
    state.warnings.push_back(
        {"The \"" + std::string(name) + "\" variable is not set. Defaulting to a blank string.",
         "set it in the shell or in .env, or give it a default: ${" + std::string(name) + ":-value}", value.at});
  };
  auto text = format::interpolate(value.text, lookup, onUnset);
  if (!text.ok()) {
    text.error().at = value.at;
    state.problems.push_back(std::move(text).error());
    return;
  }
  const bool within = state.interpolatedBytes <= kInterpolatedMax;
  state.interpolatedBytes += text->size();
  if (state.interpolatedBytes > kInterpolatedMax) {
    if (within)
      state.fail(Code::kLimit, "The values grow past 64 MiB when their variables are filled in", "", value.at);
    return;
  }
  value.text = std::move(*text);
}

void interpolateTree(Node& root, const Environment& environment, ReadingState& state) {
  walk(root, 0, environment, state);
}

}  // namespace orbit::project

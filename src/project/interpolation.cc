#include "project/interpolation.h"

#include "base/text.h"
#include "format/dotenv.h"
#include "model/secret_mark.h"
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

// A service of an environment may have variables of its own.
void walkServices(Node& services, const Environment& environment, ReadingState& state) {
  for (auto& service : services.entries) {
    std::optional<Environment> own;
    if (environment.hasOwnValuesFor(service.key)) own = environment.forService(service.key);
    state.service = service.key;
    for (auto& entry : service.value.entries) {
      if (startsWith(entry.key, "x-") && entry.key != kOrbitKey) continue;
      state.attribute = entry.key;
      walk(entry.value, 3, own ? *own : environment, state);
    }
    interpolateValue(service.value, environment, state);
  }
  state.service.clear();
  state.attribute.clear();
}

// For an environment: a variable that a file demands (${X:?…}) and nobody sets stands as a mark, and is told as
// missing with all others instead of as a fault.
Result<std::string> fillForTarget(const Node& value, const Environment& environment, ReadingState& state) {
  Origin origin;
  std::set<std::string> demanded;
  std::string lastUnset;
  const auto lookUp = [&](std::string_view name, bool marked) -> std::optional<std::string> {
    if (environment.findInTarget(name)) return marked ? model::secretMark(name) : *environment.findInTarget(name);
    const std::string known(name);
    if (std::find(origin.open.begin(), origin.open.end(), known) == origin.open.end()) origin.open.push_back(known);
    if (auto found = environment.find(name); found && !found->empty()) return found;
    lastUnset = known;
    return demanded.count(known) != 0 ? std::optional(model::secretMark(name)) : environment.find(name);
  };
  const auto miss = [&](std::string_view name) {
    state.missing.push_back({std::string(name), state.service, state.attribute, value.at});
  };
  const auto plain = [&](std::string_view name) { return lookUp(name, false); };
  const auto marked = [&](std::string_view name) { return lookUp(name, true); };
  constexpr int kDemandedMax = 50;
  auto text = format::interpolate(value.text, plain, {});
  for (int i = 0; i < kDemandedMax && !text.ok() && demanded.insert(lastUnset).second && !lastUnset.empty(); ++i) {
    text = format::interpolate(value.text, plain, {});
  }
  if (!text.ok()) return text;
  for (const auto& name : demanded) miss(name);
  auto shown = format::interpolate(value.text, marked, miss);
  origin.shown = shown.ok() ? std::move(shown).value() : *text;
  state.origins.insert_or_assign(value.at.text(), std::move(origin));
  return text;
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
  auto text = environment.target() != nullptr ? fillForTarget(value, environment, state)
                                              : format::interpolate(value.text, lookup, onUnset);
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
  interpolateValue(root, environment, state);
  for (auto& entry : root.entries) {
    if (entry.key == "services" && entry.value.isMapping() && environment.target() != nullptr) {
      walkServices(entry.value, environment, state);
    } else if (!startsWith(entry.key, "x-") || entry.key == kOrbitKey) {
      walk(entry.value, 1, environment, state);
    }
  }
}

}  // namespace orbit::project

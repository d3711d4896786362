#include "project/schema.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/base.h"
#include "project/schema_shapes.h"

namespace orbit::project {
namespace {

using format::Node;
using Kind = Node::Kind;

struct Place {
  std::string path;          // "services.db.ports"
  std::string_view example;  // of the nearest known key
};

bool isNumberText(std::string_view text) {
  if (startsWith(text, "0x") || startsWith(text, "0o")) text.remove_prefix(2);
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  return fault == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool isFlagText(std::string_view text) {
  constexpr std::array<std::string_view, 8> kWords = {"true", "false", "yes", "no", "on", "off", "y", "n"};
  const std::string word = lower(text);
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool accepts(const Shape& shape, const Node& node) {
  const auto can = [&](unsigned what) { return (shape.accepts & what) != 0; };
  switch (node.kind) {
    case Kind::kMapping:
      return can(kMap);
    case Kind::kSequence:
      return can(kList);
    case Kind::kNull:  // a key with nothing behind it is an empty list or mapping
      return can(kScalar | kNothing | kList | kMap);
    case Kind::kBool:
      return can(kScalar | kFlag);
    case Kind::kInt:
    case Kind::kFloat:
      return can(kScalar | kText | kNumber);
    case Kind::kString:
      return can(kScalar | kText) || (can(kFlag) && isFlagText(node.text)) || (can(kNumber) && isNumberText(node.text));
  }
  return false;
}

std::string expectation(const Shape& shape) {
  std::vector<std::string> words;
  if ((shape.accepts & (kText | kScalar)) != 0) words.emplace_back("a string");
  if ((shape.accepts & kNumber) != 0) words.emplace_back("a number");
  if ((shape.accepts & kFlag) != 0) words.emplace_back("true or false");
  if ((shape.accepts & kList) != 0) words.emplace_back("a list");
  if ((shape.accepts & kMap) != 0) words.emplace_back("a mapping");
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out += words[i];
  }
  return out;
}

// What stands there, short enough for a message.
std::string found(const Node& node) {
  constexpr std::size_t kShownMax = 40;
  if (node.isNull()) return "nothing";
  if (!node.isScalar() || node.text.empty()) return std::string(format::kindName(node.kind));
  if (node.text.size() > kShownMax || node.text.find('\n') != std::string::npos) return "a text";
  return "`" + node.text + "`";
}

std::string hintFor(const Shape& shape, const Node& node, const Place& place) {
  if (node.kind == Kind::kBool && (shape.accepts & kText) != 0) return "put it in quotes: \"" + node.text + "\"";
  if (place.example.empty()) return {};
  return "for example `" + std::string(place.example) + "`";
}

// Keys that people write from memory of other tools, and what they are called here.
std::string_view synonym(std::string_view key) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kSynonyms = {{
      {"env", "environment"},
      {"envs", "environment"},
      {"cmd", "command"},
      {"net", "network_mode"},
      {"health", "healthcheck"},
      {"health_check", "healthcheck"},
      {"depends", "depends_on"},
      {"dependencies", "depends_on"},
      {"workdir", "working_dir"},
      {"mounts", "volumes"},
      {"memory", "mem_limit"},
      {"log_driver", "logging"},
  }};
  for (const auto& [wrong, right] : kSynonyms) {
    if (wrong == key) return right;
  }
  return {};
}

// The parts of a service that hold a key of this name: "build" for "dockerfile".
std::string_view partOfService(std::string_view key) {
  for (const auto& part : kServiceShape.keys) {
    for (const auto& inner : part.shape->keys) {
      if (inner.name == key) return part.name;
    }
  }
  return {};
}

std::string_view nearestKey(std::string_view key, std::span<const Key> keys) {
  std::vector<std::string_view> names;
  for (const auto& known : keys) names.push_back(known.name);
  return nearest(lower(key), names);
}

std::string hintForUnknown(const format::Entry& entry, const Shape& shape) {
  const bool service = shape.keys.data() == kServiceShape.keys.data();
  if (service) {
    if (const auto word = synonym(entry.key); !word.empty()) return "it is called `" + std::string(word) + "`";
  }
  if (const auto near = nearestKey(entry.key, shape.keys); !near.empty()) {
    return "did you mean `" + std::string(near) + "`?";
  }
  if (service) {
    if (const auto part = partOfService(entry.key); !part.empty()) {
      return "`" + entry.key + "` belongs under `" + std::string(part) + ":`";
    }
  }
  if (shape.keys.data() == kFileShape.keys.data()) {
    if (entry.value.find("image") != nullptr || entry.value.find("build") != nullptr) {
      return "services stand under `services:`; indent it below that line";
    }
    for (const auto& known : kServiceShape.keys) {
      if (known.name == entry.key)
        return "`" + entry.key + "` belongs to a service; indent it below the service's name";
    }
  }
  if (shape.keys.size() <= 10) {
    std::vector<std::string> names;
    for (const auto& known : shape.keys) names.emplace_back("`" + std::string(known.name) + "`");
    return "known here: " + join(names, ", ") + "; names of your own start with `x-`";
  }
  return "take it out, or let it start with `x-` to keep it as a note of your own";
}

void check(const Node& node, const Shape& shape, const Place& place, std::vector<Error>& faults);

// Of the extension keys only ours has a shape, and only where it means something.
const Shape* orbitShape(std::string_view key, const Shape& level) {
  if (key != kOrbitKey) return nullptr;
  if (level.keys.data() == kFileShape.keys.data()) return &kOrbitFileShape;
  return level.keys.data() == kServiceShape.keys.data() ? &kOrbitServiceShape : nullptr;
}

void checkKeys(const Node& node, const Shape& shape, const Place& place, std::vector<Error>& faults) {
  for (const auto& entry : node.entries) {
    if (const Shape* orbit = orbitShape(entry.key, shape)) {
      check(entry.value, *orbit, {place.path.empty() ? entry.key : place.path + "." + entry.key, {}}, faults);
      continue;
    }
    if (startsWith(entry.key, "x-")) continue;
    const auto known = std::find_if(shape.keys.begin(), shape.keys.end(),
                                    [&](const Key& candidate) { return candidate.name == entry.key; });
    if (known != shape.keys.end()) {
      const std::string path = place.path.empty() ? entry.key : place.path + "." + entry.key;
      check(entry.value, *known->shape, {path, known->example}, faults);
      continue;
    }
    const std::string where = place.path.empty() ? "the file" : place.path;
    faults.push_back({.code = Code::kInvalid,
                      .message = "unknown key `" + entry.key + "` in " + where,
                      .hint = hintForUnknown(entry, shape),
                      .at = entry.keyAt});
  }
}

void check(const Node& node, const Shape& shape, const Place& place, std::vector<Error>& faults) {
  if (node.tag == "!reset") return;
  const bool emptyItem = node.isNull() && endsWith(place.path, "]") && (shape.accepts & kScalar) == 0;
  if (emptyItem || !accepts(shape, node)) {
    const std::string where = place.path.empty() ? "the file" : place.path;
    faults.push_back({.code = Code::kInvalid,
                      .message = where + ": expected " + expectation(shape) + ", found " + found(node),
                      .hint = hintFor(shape, node, place),
                      .at = node.at});
    return;
  }
  if (node.isSequence() && shape.item != nullptr) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      check(node.items[i], *shape.item, {place.path + "[" + std::to_string(i) + "]", place.example}, faults);
    }
  }
  if (!node.isMapping()) return;
  if (!shape.keys.empty()) {
    checkKeys(node, shape, place, faults);
  } else if (shape.value != nullptr) {
    for (const auto& entry : node.entries) {
      if (startsWith(entry.key, "x-") && shape.value->accepts == kMap) continue;
      check(entry.value, *shape.value, {place.path + "." + entry.key, place.example}, faults);
    }
  }
}

// A service that is only its name is a fault that the general rule (nothing = empty) would let pass.
void checkServicesSaySomething(const Node& root, std::vector<Error>& faults) {
  const Node* services = root.find("services");
  if (services == nullptr) return;
  for (const auto& entry : services->entries) {
    if (!entry.value.isNull() || !entry.value.tag.empty() || startsWith(entry.key, "x-")) continue;
    faults.push_back(
        {.code = Code::kInvalid,
         .message = "services." + entry.key + " says nothing: expected a mapping with `image` or `build`",
         .hint = "for example `" + entry.key + ": {image: \"nginx:alpine\"}`; look at the indentation below it",
         .at = entry.keyAt});
  }
}

}  // namespace

std::vector<Error> checkSchema(const Node& root) {
  std::vector<Error> faults;
  if (root.isNull()) return faults;
  check(root, kFileShape, {}, faults);
  checkServicesSaySomething(root, faults);
  return faults;
}

}  // namespace orbit::project

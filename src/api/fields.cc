#include "api/fields.h"

#include <fmt/format.h>

#include <cmath>

namespace orbit::api {
namespace {

constexpr double kSecondsMax = 1e7;  // four months: longer is a mistake of units
constexpr int kCountMax = 10'000;

std::string path(std::string_view where, std::string_view name) {
  return where.empty() ? std::string(name) : fmt::format("{}.{}", where, name);
}

}  // namespace

Fields::Fields(const format::Json& object, std::string where) : object_(object), where_(std::move(where)) {
  if (object.isObject() || object.isNull()) return;
  outcome_ = Error{.code = Code::kInvalid,
                   .message = fmt::format("{} is no JSON object", where_.empty() ? "the request's body" : where_),
                   .hint = "docs/api.md shows each request"};
}

const format::Json* Fields::known(std::string_view name) {
  names_.push_back(name);
  const format::Json& value = object_[name];
  return value.isNull() ? nullptr : &value;
}

void Fields::wrong(std::string_view name, std::string_view expected) {
  if (!outcome_.ok()) return;
  outcome_ = Error{.code = Code::kInvalid, .message = fmt::format("{} must be {}", path(where_, name), expected)};
}

std::string Fields::text(std::string_view name) {
  const format::Json* value = known(name);
  if (value == nullptr) return "";
  if (!value->isString()) wrong(name, "a text");
  return value->asString();
}

std::string Fields::requiredText(std::string_view name) {
  std::string value = text(name);
  if (value.empty()) wrong(name, "given");
  return value;
}

bool Fields::flag(std::string_view name, bool fallback) {
  const format::Json* value = known(name);
  if (value == nullptr) return fallback;
  if (!value->isBool()) wrong(name, "true or false");
  return value->asBool(fallback);
}

std::int64_t Fields::number(std::string_view name, std::int64_t fallback, std::int64_t least, std::int64_t most) {
  const format::Json* value = known(name);
  if (value == nullptr) return fallback;
  const double asDouble = value->asDouble();
  const std::int64_t read = value->asInt(fallback);
  if (!value->isNumber() || asDouble != std::floor(asDouble) || read < least || read > most) {
    wrong(name, fmt::format("a whole number from {} to {}", least, most));
    return fallback;
  }
  return read;
}

std::vector<std::string> Fields::texts(std::string_view name) {
  const format::Json* value = known(name);
  if (value == nullptr) return {};
  bool right = value->isArray();
  for (const auto& item : value->items()) right = right && item.isString();
  if (!right) wrong(name, "a list of texts");
  return value->asStrings();
}

std::map<std::string, std::string> Fields::textMap(std::string_view name) {
  std::map<std::string, std::string> texts;
  const format::Json* value = known(name);
  if (value == nullptr) return texts;
  bool right = value->isObject();
  for (const auto& [key, item] : value->members()) {
    right = right && item.isString();
    texts.emplace(key, item.asString());
  }
  if (!right) wrong(name, "an object of texts");
  return texts;
}

std::map<std::string, int> Fields::countMap(std::string_view name) {
  std::map<std::string, int> counts;
  const format::Json* value = known(name);
  if (value == nullptr) return counts;
  bool right = value->isObject();
  for (const auto& [key, item] : value->members()) {
    const std::int64_t count = item.asInt(-1);
    right = right && item.isNumber() && count >= 0 && count <= kCountMax;
    counts.emplace(key, static_cast<int>(std::clamp<std::int64_t>(count, 0, kCountMax)));
  }
  if (!right) wrong(name, fmt::format("an object of numbers from 0 to {}", kCountMax));
  return counts;
}

std::optional<Duration> Fields::seconds(std::string_view name) {
  const format::Json* value = known(name);
  if (value == nullptr) return std::nullopt;
  const double seconds = value->asDouble(-1);
  if (!value->isNumber() || !(seconds >= 0 && seconds <= kSecondsMax)) {
    wrong(name, "a number of seconds");
    return std::nullopt;
  }
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::string Fields::choice(std::string_view name, const std::vector<std::string_view>& choices) {
  std::string value = text(name);
  if (value.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  std::string expected = "one of";
  for (const auto each : choices) expected += fmt::format("{} {}", each == choices.front() ? "" : ",", each);
  wrong(name, expected);
  return "";
}

const format::Json& Fields::member(std::string_view name) {
  names_.push_back(name);
  return object_[name];
}

Status Fields::finish() {
  if (!outcome_.ok()) return outcome_;
  for (const auto& [name, value] : object_.members()) {
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) continue;
    const std::string_view meant = nearest(name, names_);
    return Error{.code = Code::kInvalid,
                 .message = fmt::format("the request has an unknown field {}", path(where_, name)),
                 .hint = meant.empty() ? "docs/api.md lists the fields" : fmt::format("did you mean {}?", meant)};
  }
  return {};
}

}  // namespace orbit::api

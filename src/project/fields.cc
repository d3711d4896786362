#include "project/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "format/quantity.h"

namespace orbit::project {

using format::Node;

void Findings::problem(const Node& at, std::string message, std::string hint) {
  problem(at.at, std::move(message), std::move(hint));
}

void Findings::problem(const Location& at, std::string message, std::string hint) {
  problems.push_back({.code = Code::kInvalid, .message = std::move(message), .hint = std::move(hint), .at = at});
}

void Findings::warn(const Location& at, std::string message, std::string hint) {
  warnings.push_back({.message = std::move(message), .hint = std::move(hint), .at = at});
}

std::string choices(const std::vector<std::string_view>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " or " : ", ";
    out.append("`").append(words[i]).append("`");
  }
  return out;
}

std::optional<std::int64_t> wholeNumber(std::string_view text) {
  int base = 10;
  if (startsWith(text, "0o")) base = 8;
  if (startsWith(text, "0x")) base = 16;
  if (base != 10) text.remove_prefix(2);
  std::int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

const Node* Fields::find(std::string_view key) const {
  if (node_ == nullptr || !node_->isMapping()) return nullptr;
  const Node* value = node_->find(key);
  return value == nullptr || value->isNull() ? nullptr : value;
}

Fields Fields::in(std::string_view key) const {
  return Fields(find(key), pathOf(key), *findings_);
}

Location Fields::at(std::string_view key) const {
  if (node_ == nullptr) return {};
  for (const auto& entry : node_->entries) {
    if (entry.key == key) return entry.keyAt.known() ? entry.keyAt : entry.value.at;
  }
  return node_->at;
}

void Fields::problem(std::string_view key, std::string_view what, std::string hint) const {
  const Node* value = find(key);
  const Location place = value != nullptr && value->at.known() ? value->at : at(key);
  findings_->problem(place, pathOf(key) + ": " + std::string(what), std::move(hint));
}

std::string Fields::text(std::string_view key, std::string fallback) const {
  const Node* value = find(key);
  if (value == nullptr) return fallback;
  if (!value->isScalar()) {
    problem(key, "expected a string, found " + std::string(format::kindName(value->kind)), "write one value");
    return fallback;
  }
  return value->text;
}

std::string Fields::word(std::string_view key, const std::vector<std::string_view>& words) const {
  std::string value = text(key);
  if (value.empty() || std::find(words.begin(), words.end(), value) != words.end()) return value;
  const auto near = nearest(value, words);
  problem(key, "expected " + choices(words) + ", found `" + value + "`",
          near.empty() ? "" : "did you mean `" + std::string(near) + "`?");
  return {};
}

std::optional<bool> Fields::flag(std::string_view key) const {
  const Node* value = find(key);
  if (value == nullptr) return std::nullopt;
  constexpr std::array<std::string_view, 4> kYes = {"true", "yes", "on", "y"};
  constexpr std::array<std::string_view, 4> kNo = {"false", "no", "off", "n"};
  const std::string word = lower(value->text);
  if (std::find(kYes.begin(), kYes.end(), word) != kYes.end()) return true;
  if (std::find(kNo.begin(), kNo.end(), word) != kNo.end()) return false;
  problem(key, "expected true or false, found `" + value->text + "`", "write `true` or `false` without quotes");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer(std::string_view key, std::int64_t min, std::int64_t max) const {
  const Node* value = find(key);
  if (value == nullptr) return std::nullopt;
  const auto whole = wholeNumber(value->text);
  if (whole && *whole >= min && *whole <= max) return whole;
  problem(key, "expected a whole number, found `" + value->text + "`",
          "a number from " + std::to_string(min) + " to " + std::to_string(max));
  return std::nullopt;
}

std::optional<std::uint32_t> Fields::mode(std::string_view key) const {
  const Node* value = find(key);
  if (value == nullptr) return std::nullopt;
  // YAML 1.2 reads 0440 as decimal; file modes are meant in octal, as Docker Compose takes them.
  const std::string& text = value->text;
  const bool octal = text.size() > 1 && startsWith(text, "0") && text[1] != 'o' && text[1] != 'x';
  const auto whole = wholeNumber(octal ? "0o" + text.substr(1) : text);
  constexpr std::int64_t kModeMax = 07777;
  if (whole && *whole >= 0 && *whole <= kModeMax) return static_cast<std::uint32_t>(*whole);
  problem(key, "`" + text + "` is no file mode", "octal digits, for example `" + std::string(key) + ": 0440`");
  return std::nullopt;
}

std::optional<double> Fields::number(std::string_view key) const {
  const Node* value = find(key);
  if (value == nullptr) return std::nullopt;
  double out = 0;
  const std::string& text = value->text;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault == std::errc() && end == text.data() + text.size() && std::isfinite(out)) return out;
  problem(key, "expected a number, found `" + text + "`", "for example `" + std::string(key) + ": 0.5`");
  return std::nullopt;
}

std::optional<Duration> Fields::duration(std::string_view key) const {
  const Node* value = find(key);
  if (value == nullptr) return std::nullopt;
  auto span = format::parseDuration(value->text);
  if (span.ok() && *span >= Duration::zero()) return *span;
  problem(key, "expected a duration, found `" + value->text + "`",
          "a number and a unit (us, ms, s, m, h), for example `" + std::string(key) + ": 1m30s`");
  return std::nullopt;
}

std::optional<std::int64_t> Fields::bytes(std::string_view key, bool minusOne) const {
  const Node* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (minusOne && value->text == "-1") return -1;
  auto size = format::parseBytes(value->text);
  if (size.ok() && *size >= 0) return *size;
  problem(key, "expected a size, found `" + value->text + "`",
          "a number and a unit (b, k, m, g), for example `" + std::string(key) + ": 512m`");
  return std::nullopt;
}

std::int64_t Fields::microseconds(std::string_view key) const {
  const Node* value = find(key);
  if (value == nullptr) return 0;
  if (const auto whole = wholeNumber(value->text)) return *whole;
  const auto span = duration(key);
  return span ? std::chrono::duration_cast<std::chrono::microseconds>(*span).count() : 0;
}

std::vector<std::string> Fields::strings(std::string_view key) const {
  const Node* value = find(key);
  std::vector<std::string> out;
  if (value == nullptr) return out;
  if (value->isScalar()) return {value->text};
  for (const auto& item : value->items) {
    if (item.isScalar()) {
      out.push_back(item.text);
    } else {
      findings_->problem(item, pathOf(key) + ": expected strings, found " + std::string(format::kindName(item.kind)),
                         "write one value a line");
    }
  }
  return out;
}

std::map<std::string, std::string> Fields::map(std::string_view key) const {
  std::map<std::string, std::string> out;
  for (auto& [name, value] : optionalMap(key)) out[name] = value.value_or("");
  return out;
}

std::map<std::string, std::optional<std::string>> Fields::optionalMap(std::string_view key) const {
  std::map<std::string, std::optional<std::string>> out;
  const Node* value = find(key);
  if (value == nullptr) return out;
  for (const auto& entry : value->entries) {
    if (entry.value.isNull()) {
      out[entry.key] = std::nullopt;
    } else if (entry.value.isScalar()) {
      out[entry.key] = entry.value.text;
    } else {
      findings_->problem(entry.value,
                         pathOf(key) + "." + entry.key + ": expected a string, found " +
                             std::string(format::kindName(entry.value.kind)),
                         "write one value");
    }
  }
  return out;
}

const std::vector<Node>& Fields::items(std::string_view key) const {
  static const std::vector<Node> kNone;
  const Node* value = find(key);
  return value == nullptr ? kNone : value->items;
}

}  // namespace orbit::project

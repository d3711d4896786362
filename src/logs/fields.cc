#include "logs/fields.h"

#include <algorithm>

#include "base/base.h"
#include "format/json.h"

namespace orbit::logs {
namespace {

constexpr std::size_t kFieldsMax = 256;
constexpr std::size_t kLevelsMax = 4;  // of JSON objects inside each other
constexpr std::string_view kMethods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};
constexpr std::string_view kRequestNames[] = {"request_id",   "requestid",  "req_id",      "reqid",
                                              "x-request-id", "request-id", "x_request_id"};

bool isNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.' || c == '@' || c == '/';
}

void addJson(Fields& fields, const std::string& prefix, const format::Json& json, std::size_t level) {
  for (const auto& [name, value] : json.members()) {
    if (fields.size() >= kFieldsMax) return;
    const std::string full = prefix.empty() ? name : prefix + "." + name;
    if (value.isObject() && level < kLevelsMax) {
      addJson(fields, full, value, level + 1);
    } else {
      fields.emplace_back(full, value.isString() ? value.asString() : value.dump());
    }
  }
}

// The value at the front of `text`, without its quotes; `text` goes on after it.
std::string takeValue(std::string_view& text) {
  std::string value;
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    while (!text.empty() && text.front() != '"') {
      if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
      value += text.front();
      text.remove_prefix(1);
    }
    if (!text.empty()) text.remove_prefix(1);
    return value;
  }
  const auto end = std::min(text.find_first_of(" \t"), text.size());
  value = text.substr(0, end);
  while (!value.empty() && (value.back() == ',' || value.back() == ';')) value.pop_back();
  text.remove_prefix(end);
  return value;
}

// "METHOD /path" directly in front of the first pair.
void addRequestLine(Fields& fields, std::string_view before) {
  std::vector<std::string_view> words;
  for (const auto word : split(trim(before), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  if (words.size() < 2 || !words.back().starts_with('/')) return;
  const std::string_view method = words[words.size() - 2];
  if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods)) return;
  fields.emplace_back("method", method);
  fields.emplace_back("path", words.back());
}

Fields pairsOf(std::string_view line) {
  Fields fields;
  std::string_view rest = line;
  while (!rest.empty() && fields.size() < kFieldsMax) {
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos || equals + 1 >= rest.size()) break;
    std::size_t start = equals;
    while (start > 0 && isNameByte(rest[start - 1])) --start;
    const std::string_view name = rest.substr(start, equals - start);
    const bool apart = start == 0 || rest[start - 1] == ' ' || rest[start - 1] == '\t' || rest[start - 1] == '[' ||
                       rest[start - 1] == '(' || rest[start - 1] == '{' || rest[start - 1] == ',';
    if (name.empty() || !apart || name.front() == '/') {
      // Not a pair: a query string, a comparison.
      const auto next = rest.find_first_of(" \t", equals);
      rest = next == std::string_view::npos ? std::string_view() : rest.substr(next);
      continue;
    }
    if (fields.empty()) addRequestLine(fields, line.substr(0, static_cast<std::size_t>(name.data() - line.data())));
    rest.remove_prefix(equals + 1);
    std::string value = takeValue(rest);
    fields.emplace_back(name, std::move(value));
  }
  return fields;
}

bool isUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

std::string firstUuid(std::string_view line) {
  for (auto dash = line.find('-'); dash != std::string_view::npos; dash = line.find('-', dash + 1)) {
    if (dash >= 8 && dash + 28 <= line.size() && isUuid(line.substr(dash - 8, 36))) {
      return std::string(line.substr(dash - 8, 36));
    }
  }
  return {};
}

}  // namespace

Fields fieldsOf(std::string_view line) {
  line = line.substr(0, line.find('\n'));
  const auto brace = line.find('{');
  // JSON, also behind a prefix.
  if (brace != std::string_view::npos && trim(line).ends_with('}')) {
    const auto json = format::parseJson(line.substr(brace));
    if (json.ok() && json->isObject() && !json->members().empty()) {
      Fields fields;
      addJson(fields, "", *json, 1);
      return fields;
    }
  }
  return pairsOf(line);
}

std::string requestIdOf(std::string_view line) {
  if (line.find('=') != std::string_view::npos || line.find('{') != std::string_view::npos) {
    for (const auto& [name, value] : fieldsOf(line)) {
      const std::string plain = lower(name.substr(name.rfind('.') + 1));
      if (std::find(std::begin(kRequestNames), std::end(kRequestNames), plain) != std::end(kRequestNames)) return value;
    }
  }
  return firstUuid(line);
}

}  // namespace orbit::logs

#include "format/toml.h"

#include <algorithm>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

#include "format/utf8.h"

namespace orbit::format {
namespace {

constexpr std::size_t kTextMax = 1 << 20;

Location placeOf(const toml::source_region& source, const std::string& name) {
  return {name, static_cast<int>(source.begin.line), static_cast<int>(source.begin.column)};
}

template <class T>
std::string written(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

Node scalar(Node::Kind kind, std::string text, Location at) {
  Node node = Node::string(std::move(text), std::move(at));
  node.kind = kind;
  return node;
}

Node nodeOf(const toml::node& value, const std::string& name);

Node mappingOf(const toml::table& table, const std::string& name) {
  Node out = Node::mapping(placeOf(table.source(), name));
  for (const auto& [key, value] : table) {
    out.entries.push_back({std::string(key.str()), placeOf(key.source(), name), nodeOf(value, name)});
  }
  // The library sorts by name; people read their own order.
  std::stable_sort(out.entries.begin(), out.entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.keyAt.line, a.keyAt.column) < std::pair(b.keyAt.line, b.keyAt.column);
  });
  return out;
}

Node nodeOf(const toml::node& value, const std::string& name) {
  const Location at = placeOf(value.source(), name);
  if (const auto* table = value.as_table()) return mappingOf(*table, name);
  if (const auto* list = value.as_array()) {
    Node out = Node::sequence(at);
    for (const auto& item : *list) out.items.push_back(nodeOf(item, name));
    return out;
  }
  if (const auto* text = value.as_string()) {
    Node out = Node::string(text->get(), at);
    out.quoted = true;
    return out;
  }
  if (const auto* flag = value.as_boolean()) return scalar(Node::Kind::kBool, flag->get() ? "true" : "false", at);
  if (const auto* whole = value.as_integer()) return scalar(Node::Kind::kInt, std::to_string(whole->get()), at);
  if (const auto* number = value.as_floating_point()) return scalar(Node::Kind::kFloat, written(number->get()), at);
  if (const auto* date = value.as_date()) return Node::string(written(date->get()), at);
  if (const auto* time = value.as_time()) return Node::string(written(time->get()), at);
  if (const auto* moment = value.as_date_time()) return Node::string(written(moment->get()), at);
  return Node();
}

}  // namespace

Result<Node> parseToml(std::string_view text, const std::string& name) {
  if (text.size() > kTextMax) return Error{Code::kLimit, "The file is larger than 1 MiB", "", {name, 0, 0}};
  if (const auto bad = invalidUtf8(text); bad != std::string_view::npos) {
    const int line =
        1 + static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n'));
    return Error{Code::kInvalid, "The file is not UTF-8", "save it as UTF-8", {name, line, 0}};
  }
  const auto parsed = toml::parse(text, name);
  if (!parsed) {
    const auto& fault = parsed.error();
    return Error{Code::kInvalid, "This is no TOML: " + std::string(fault.description()), "see https://toml.io",
                 placeOf(fault.source(), name)};
  }
  return mappingOf(parsed.table(), name);
}

}  // namespace orbit::format

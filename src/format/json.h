// JSON as plain values (RFC 8259). Object members keep their order. Thread rules: plain values.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "format/node.h"

namespace orbit::format {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value) : value_(value) {}
  Json(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
  Json(double value) : value_(value) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  // Json::object({{"Image", "redis:7"}, {"Tty", false}})
  static Json object(std::initializer_list<Member> members = {}) { return Json(Object(members)); }
  static Json array(std::initializer_list<Json> items = {}) { return Json(Array(items)); }
  static Json strings(const std::vector<std::string>& items);

  bool isNull() const { return std::holds_alternative<std::monostate>(value_); }
  bool isObject() const { return std::holds_alternative<Object>(value_); }
  bool isArray() const { return std::holds_alternative<Array>(value_); }
  bool isString() const { return std::holds_alternative<std::string>(value_); }
  bool isBool() const { return std::holds_alternative<bool>(value_); }
  bool isInt() const { return std::holds_alternative<std::int64_t>(value_); }
  bool isNumber() const { return isInt() || std::holds_alternative<double>(value_); }

  // Lenient reading, for answers of peers: the wrong type or a missing member reads as the fallback.
  bool asBool(bool fallback = false) const;
  std::int64_t asInt(std::int64_t fallback = 0) const;
  double asDouble(double fallback = 0) const;
  const std::string& asString() const;                 // "" when it is no string
  const Array& items() const;                          // empty when it is no array
  const Object& members() const;                       // empty when it is no object
  const Json& operator[](std::string_view key) const;  // null when absent
  bool has(std::string_view key) const;
  std::vector<std::string> asStrings() const;

  // Writing: makes this an object (array) when it is null.
  Json& set(std::string_view key, Json value);
  Json& push(Json value);

  // Compact text; with indent > 0 pretty-printed. Strings that are not UTF-8 are written with U+FFFD.
  std::string dump(int indent = 0) const;
  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// Parses one document. Errors: kInvalid with line and column; kLimit past 64 MiB or 200 levels.
Result<Json> parseJson(std::string_view text, std::string_view name = "");
// The same text as a Node, in which each value knows its place: a file that may be YAML or JSON is read by one reader,
// and megabytes of JSON several times faster than as YAML. A member given twice is an error. `name` is the path that
// locations carry.
Result<Node> parseJsonNode(std::string_view text, const std::string& name);

}  // namespace orbit::format

#include "format/json.h"

#include <cmath>

#include "format/utf8.h"

namespace orbit::format {
namespace {

const Json kNull;
const std::string kEmpty;
const Json::Array kNoItems;
const Json::Object kNoMembers;

void writeString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (std::size_t bad = invalidUtf8(text); !text.empty(); bad = invalidUtf8(text)) {
    for (const char c : text.substr(0, bad)) {
      const auto byte = static_cast<unsigned char>(c);
      switch (c) {
        case '"':
          out += "\\\"";
          break;
        case '\\':
          out += "\\\\";
          break;
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default:
          if (byte < 0x20 || byte == 0x7f) {
            out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
          } else {
            out += c;
          }
      }
    }
    if (bad == std::string_view::npos) break;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(bad + 1);
  }
  out += '"';
}

void writeDouble(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  const std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  out += text;
  // So that it reads back as a double.
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

class Writer {
 public:
  explicit Writer(int indent) : indent_(indent) {}

  void write(const Json& json, int depth) {
    if (json.isString()) {
      writeString(out_, json.asString());
    } else if (json.isArray()) {
      collection('[', ']', json.items(), depth, [&](const Json& item) { write(item, depth + 1); });
    } else if (json.isObject()) {
      collection('{', '}', json.members(), depth, [&](const Json::Member& member) {
        writeString(out_, member.first);
        out_ += indent_ > 0 ? ": " : ":";
        write(member.second, depth + 1);
      });
    } else {
      scalar(json);
    }
  }
  std::string take() && { return std::move(out_); }

 private:
  void scalar(const Json& json) {
    if (json.isNull()) {
      out_ += "null";
    } else if (json.isBool()) {
      out_ += json.asBool() ? "true" : "false";
    } else if (json.isInt()) {
      out_ += std::to_string(json.asInt());
    } else {
      writeDouble(out_, json.asDouble());
    }
  }

  template <class Items, class WriteItem>
  void collection(char open, char close, const Items& items, int depth, const WriteItem& writeItem) {
    out_ += open;
    bool first = true;
    for (const auto& item : items) {
      if (!first) out_ += ',';
      first = false;
      newline(depth + 1);
      writeItem(item);
    }
    if (!first) newline(depth);
    out_ += close;
  }

  void newline(int depth) {
    if (indent_ > 0) out_.append(1, '\n').append(static_cast<std::size_t>(indent_ * depth), ' ');
  }

  int indent_;
  std::string out_;
};

}  // namespace

Json Json::strings(const std::vector<std::string>& items) {
  return Json(Array(items.begin(), items.end()));
}

bool Json::asBool(bool fallback) const {
  const auto* value = std::get_if<bool>(&value_);
  return value == nullptr ? fallback : *value;
}

std::int64_t Json::asInt(std::int64_t fallback) const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  const auto* value = std::get_if<double>(&value_);
  if (value == nullptr || !(std::fabs(*value) < 9.2e18)) return fallback;
  return static_cast<std::int64_t>(*value);
}

double Json::asDouble(double fallback) const {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return static_cast<double>(*value);
  const auto* value = std::get_if<double>(&value_);
  return value == nullptr ? fallback : *value;
}

const std::string& Json::asString() const {
  const auto* value = std::get_if<std::string>(&value_);
  return value == nullptr ? kEmpty : *value;
}

const Json::Array& Json::items() const {
  const auto* value = std::get_if<Array>(&value_);
  return value == nullptr ? kNoItems : *value;
}

const Json::Object& Json::members() const {
  const auto* value = std::get_if<Object>(&value_);
  return value == nullptr ? kNoMembers : *value;
}

const Json& Json::operator[](std::string_view key) const {
  for (const auto& [name, value] : members()) {
    if (name == key) return value;
  }
  return kNull;
}

bool Json::has(std::string_view key) const {
  return std::any_of(members().begin(), members().end(), [&](const Member& member) { return member.first == key; });
}

std::vector<std::string> Json::asStrings() const {
  std::vector<std::string> out;
  for (const auto& item : items()) {
    if (item.isString()) out.push_back(item.asString());
  }
  return out;
}

Json& Json::set(std::string_view key, Json value) {
  if (isNull()) value_ = Object();
  auto* object = std::get_if<Object>(&value_);
  ORBIT_CHECK(object != nullptr);
  for (auto& [name, old] : *object) {
    if (name != key) continue;
    old = std::move(value);
    return *this;
  }
  object->emplace_back(std::string(key), std::move(value));
  return *this;
}

Json& Json::push(Json value) {
  if (isNull()) value_ = Array();
  auto* array = std::get_if<Array>(&value_);
  ORBIT_CHECK(array != nullptr);
  array->push_back(std::move(value));
  return *this;
}

std::string Json::dump(int indent) const {
  Writer writer(indent);
  writer.write(*this, 0);
  return std::move(writer).take();
}

}  // namespace orbit::format

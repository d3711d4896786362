#include <nlohmann/json.hpp>

#include "format/json.h"

namespace orbit::format {
namespace {

constexpr std::size_t kTextMax = 64u << 20;
constexpr std::size_t kDepthMax = 200;

// The library's parser calls this for every token; the values are built here, so that depth is limited.
class Builder {
 public:
  using Base = nlohmann::json;

  bool null() { return place(Json()); }
  bool boolean(bool value) { return place(Json(value)); }
  bool number_integer(Base::number_integer_t value) { return place(Json(value)); }
  bool number_unsigned(Base::number_unsigned_t value) {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return place(Json(static_cast<double>(value)));
    return place(Json(static_cast<std::int64_t>(value)));
  }
  bool number_float(Base::number_float_t value, const std::string&) { return place(Json(value)); }
  bool string(std::string& value) { return place(Json(std::move(value))); }
  bool binary(Base::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Frame{.isObject = true}); }
  bool start_array(std::size_t) { return open(Frame{}); }
  bool key(std::string& name) {
    frames_.back().key = std::move(name);
    return true;
  }
  bool end_object() {
    Json::Object members = std::move(frames_.back().members);
    frames_.pop_back();
    keepLast(members);
    return place(Json(std::move(members)));
  }
  bool end_array() {
    Json::Array items = std::move(frames_.back().items);
    frames_.pop_back();
    return place(Json(std::move(items)));
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& failure) {
    position_ = position;
    // "[json.exception.…] parse error at line 1, column 2: syntax error while …": what follows the place.
    const std::string_view what = failure.what();
    const auto cut = what.find(": ");
    reason_ = cut == std::string_view::npos ? std::string(what) : std::string(what.substr(cut + 2));
    return false;
  }

  Json& root() { return root_; }
  bool tooDeep() const { return tooDeep_; }
  std::size_t position() const { return position_; }
  const std::string& reason() const { return reason_; }

 private:
  struct Frame {
    bool isObject = false;
    std::string key = {};
    Json::Array items = {};
    Json::Object members = {};
  };

  bool open(Frame frame) {
    tooDeep_ = frames_.size() >= kDepthMax;
    if (!tooDeep_) frames_.push_back(std::move(frame));
    return !tooDeep_;
  }

  bool place(Json value) {
    if (frames_.empty()) {
      root_ = std::move(value);
    } else if (frames_.back().isObject) {
      frames_.back().members.emplace_back(std::move(frames_.back().key), std::move(value));
    } else {
      frames_.back().items.push_back(std::move(value));
    }
    return true;
  }

  // Of members with one name the last counts, as in most readers (RFC 8259 section 4 leaves it open).
  static void keepLast(Json::Object& members) {
    std::map<std::string_view, std::size_t> last;
    for (std::size_t i = 0; i < members.size(); ++i) last[members[i].first] = i;
    if (last.size() == members.size()) return;
    Json::Object kept;
    std::set<std::size_t> indexes;
    for (const auto& [name, index] : last) indexes.insert(index);
    for (const auto index : indexes) kept.push_back(members[index]);
    members = std::move(kept);
  }

  std::vector<Frame> frames_;
  Json root_;
  bool tooDeep_ = false;
  std::size_t position_ = 0;
  std::string reason_;
};

Location placeOf(std::string_view text, std::size_t position, std::string_view name) {
  const auto before = text.substr(0, position == 0 ? 0 : position - 1);
  const auto newline = before.rfind('\n');
  const auto column = newline == std::string_view::npos ? before.size() : before.size() - newline - 1;
  return {std::string(name), static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(column) + 1};
}

}  // namespace

Result<Json> parseJson(std::string_view text, std::string_view name) {
  if (text.size() > kTextMax)
    return Error{Code::kLimit, "The JSON text is larger than 64 MiB", "", {std::string(name)}};
  Builder builder;
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root());
  if (builder.tooDeep()) {
    return Error{Code::kLimit,
                 "The JSON text is nested deeper than " + std::to_string(kDepthMax) + " levels",
                 "",
                 {std::string(name)}};
  }
  Error error{Code::kInvalid, "This is not valid JSON", "", placeOf(text, builder.position(), name)};
  // The reason quotes the last token; it may be a secret, so only what was expected is told.
  const std::string& reason = builder.reason();
  if (const auto expected = reason.find("; expected "); expected != std::string::npos) {
    error.message += ": expected " + reason.substr(expected + 11);
  }
  if (name.empty()) error.message += " (" + std::to_string(error.at.line) + ":" + std::to_string(error.at.column) + ")";
  return error;
}

}  // namespace orbit::format

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "format/json.h"

namespace orbit::format {
namespace {

constexpr std::size_t kTextMax = 64u << 20;
constexpr std::size_t kDepthMax = 100;

// Walks the text for the library's lexer and says how far it has read.
class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Cursor(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  Cursor& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  Cursor operator++(int) {
    Cursor before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }
  bool operator!=(const Cursor& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// The library calls this after each token. The token before ended where `reached_` stood then, so this one begins
// behind the white space and the comma or colon that follow.
class NodeBuilder {
 public:
  using Base = nlohmann::json;

  NodeBuilder(std::string_view text, const std::string& name)
      : reached(text.data()), name_(name), at_(text.data()), end_(text.data() + text.size()), lineStart_(text.data()) {}

  bool null() { return scalar(Node::Kind::kNull, ""); }
  bool boolean(bool value) { return scalar(Node::Kind::kBool, value ? "true" : "false"); }
  bool number_integer(Base::number_integer_t value) { return number(Node::Kind::kInt, std::to_string(value)); }
  bool number_unsigned(Base::number_unsigned_t value) { return number(Node::Kind::kInt, std::to_string(value)); }
  bool number_float(Base::number_float_t, const std::string& text) { return number(Node::Kind::kFloat, text); }
  bool string(std::string& value) { return scalar(Node::Kind::kString, std::move(value)); }
  bool binary(Base::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Node::Kind::kMapping); }
  bool start_array(std::size_t) { return open(Node::Kind::kSequence); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    Frame& frame = frames_.back();
    Location place = locate();
    if (hasKey(frame, name)) {
      const int line = std::find_if(frame.node.entries.begin(), frame.node.entries.end(), [&](const Entry& entry) {
                         return entry.key == name;
                       })->keyAt.line;
      failure_ = {Code::kInvalid, "The key \"" + name + "\" is given twice in one object",
                  "it stands on line " + std::to_string(line) + " already; keep one of them", std::move(place)};
      return false;
    }
    frame.node.entries.push_back({std::move(name), std::move(place), {}});
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& failure) {
    locate();
    failure_ = {
        Code::kInvalid, "This is not valid JSON", "", {name_, line_, columnOf(reached - (reached == end_ ? 0 : 1))}};
    // The reason quotes the last token; it may be a secret, so only what was expected is told.
    const std::string_view reason = failure.what();
    if (const auto expected = reason.find("; expected "); expected != std::string_view::npos) {
      failure_.message += ": expected " + std::string(reason.substr(expected + 11));
    }
    return false;
  }

  Node& root() { return root_; }
  Error& failure() { return failure_; }

  const char* reached;  // by the lexer

 private:
  struct Frame {
    Node node;
    std::unordered_set<std::string> keys;  // once there are many
  };
  static constexpr std::size_t kFewKeys = 32;

  static bool hasKey(Frame& frame, const std::string& name) {
    const auto& entries = frame.node.entries;
    if (entries.size() < kFewKeys) {
      return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.key == name; });
    }
    if (frame.keys.empty()) {
      for (const auto& entry : entries) frame.keys.insert(entry.key);
    }
    return !frame.keys.insert(name).second;
  }

  int columnOf(const char* at) const { return at < lineStart_ ? 1 : static_cast<int>(at - lineStart_) + 1; }

  Location locate() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r' || *at_ == '\n' || *at_ == ',' || *at_ == ':')) {
      if (*at_ == '\n') {
        ++line_;
        lineStart_ = at_ + 1;
      }
      ++at_;
    }
    Location place{name_, line_, columnOf(at_)};
    at_ = std::max(at_, reached);
    return place;
  }

  bool scalar(Node::Kind kind, std::string text) {
    Node node;
    node.kind = kind;
    node.quoted = kind == Node::Kind::kString;
    node.text = std::move(text);
    node.at = locate();
    return place(std::move(node));
  }

  // The lexer knows that a number has ended when it has read one byte more.
  bool number(Node::Kind kind, std::string text) {
    const bool placed = scalar(kind, std::move(text));
    if (std::string_view("0123456789").find(at_[-1]) == std::string_view::npos) --at_;
    return placed;
  }

  bool open(Node::Kind kind) {
    Frame frame;
    frame.node.kind = kind;
    frame.node.at = locate();
    if (frames_.size() >= kDepthMax) {
      failure_ = {Code::kLimit, "The JSON text is nested deeper than " + std::to_string(kDepthMax) + " levels", "",
                  std::move(frame.node.at)};
      return false;
    }
    frames_.push_back(std::move(frame));
    return true;
  }

  bool close() {
    locate();
    Node node = std::move(frames_.back().node);
    frames_.pop_back();
    return place(std::move(node));
  }

  bool place(Node node) {
    if (frames_.empty()) {
      root_ = std::move(node);
    } else if (frames_.back().node.isMapping()) {
      frames_.back().node.entries.back().value = std::move(node);
    } else {
      frames_.back().node.items.push_back(std::move(node));
    }
    return true;
  }

  const std::string& name_;
  const char* at_;  // behind the last token
  const char* end_;
  const char* lineStart_;
  int line_ = 1;
  std::vector<Frame> frames_;
  Node root_;
  Error failure_;
};

}  // namespace

Result<Node> parseJsonNode(std::string_view text, const std::string& name) {
  if (text.size() > kTextMax) return Error{Code::kLimit, "The JSON text is larger than 64 MiB", "", {name, 0, 0}};
  NodeBuilder builder(text, name);
  const Cursor begin(text.data(), &builder.reached), end(text.data() + text.size(), &builder.reached);
  if (!nlohmann::json::sax_parse(begin, end, &builder)) return std::move(builder.failure());
  return std::move(builder.root());
}

}  // namespace orbit::format

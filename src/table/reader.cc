#include "table/reader.h"

#include <fmt/format.h>

#include "base/text.h"
#include "format/quantity.h"
#include "table/shape.h"
#include "table/short_forms.h"

namespace orbit::table {
namespace {

using format::Node;

// The keys of a T, for unknown ones.
struct KeyNames {
  std::vector<std::string_view> names;
  template <class... Rest>
  void text(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void texts(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void flag(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void number(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void numbers(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void duration(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void seconds(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void bytes(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void word(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void list(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void one(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class... Rest>
  void part(std::string_view key, Rest...) {
    names.push_back(key);
  }
  template <class Kind, class Text, class W>
  void tagged(Kind, Text, const W& words) {
    for (const auto& [key, kind] : words) names.push_back(key);
  }
};

// "idle_timeout" and "IdleTimeout" as "idletimeout".
std::string folded(std::string_view key) {
  std::string out = lower(key);
  std::erase_if(out, [](char c) { return c == '_' || c == '-'; });
  return out;
}

std::string_view meant(std::string_view key, const std::vector<std::string_view>& names) {
  for (const auto name : names) {
    if (folded(name) == folded(key)) return name;
  }
  return nearest(key, names);
}

std::string shown(const Node& node) {
  constexpr std::size_t kShownMax = 60;
  if (!node.isScalar()) return std::string(format::kindName(node.kind));
  const std::string text = node.text.size() > kShownMax ? node.text.substr(0, kShownMax) + "…" : node.text;
  return "\"" + text + "\"";
}

template <class W>
std::string choices(const W& words) {
  std::string out;
  for (const auto& [name, value] : words) out += (out.empty() ? "" : ", ") + std::string(name);
  return out;
}

std::string durationText(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("{}s", time.count() / 1000) : fmt::format("{}ms", time.count());
}

template <class T>
void readObject(Node& node, T& into, const Path& path, Problems& problems);

template <class T>
class ObjectReader {
 public:
  ObjectReader(Node& node, T& into, const Path& path, Problems& problems)
      : node_(node), into_(into), path_(path), problems_(problems), seen_(node.entries.size(), false) {}

  void text(std::string_view key, std::string T::*member) {
    if (const Node* node = find(key)) takeText(*node, path_ / key, into_.*member);
  }

  void texts(std::string_view key, std::vector<std::string> T::*member) {
    each(key, "a list of texts", [&](const Node& item, const Path& path) {
      std::string text;
      if (takeText(item, path, text)) (into_.*member).push_back(std::move(text));
    });
  }

  void flag(std::string_view key, bool T::*member) {
    const Node* node = find(key);
    if (node == nullptr) return;
    if (node->kind != Node::Kind::kBool) return wrong(path_ / key, "true or false", *node);
    into_.*member = node->text == "true";
  }

  template <class N>
  void number(std::string_view key, N T::*member, std::uint64_t least, std::uint64_t most) {
    if (const Node* node = find(key)) takeNumber(*node, path_ / key, least, most, into_.*member);
  }

  void numbers(std::string_view key, std::vector<int> T::*member, std::uint64_t least, std::uint64_t most) {
    each(key, "a list of numbers", [&](const Node& item, const Path& path) {
      int number = 0;
      if (takeNumber(item, path, least, most, number)) (into_.*member).push_back(number);
    });
  }

  template <class D, class Least>
  void duration(std::string_view key, D T::*member, Least least, std::chrono::milliseconds most) {
    if (const Node* node = find(key)) takeDuration(*node, path_ / key, least, most, into_.*member);
  }

  void seconds(std::string_view key, std::uint64_t T::*member, std::chrono::seconds most) {
    const Node* node = find(key);
    std::chrono::seconds read{0};
    if (node == nullptr || !takeDuration(*node, path_ / key, {}, most, read)) return;
    into_.*member = static_cast<std::uint64_t>(read.count());
  }

  template <class N>
  void bytes(std::string_view key, N T::*member, std::uint64_t least, std::uint64_t most) {
    const Node* node = find(key);
    if (node == nullptr) return;
    const auto read = node->isScalar() ? format::parseBytes(node->text) : Error{};
    if (!read.ok() || *read < static_cast<std::int64_t>(least) || *read > static_cast<std::int64_t>(most)) {
      return wrong(
          path_ / key,
          fmt::format("a size from {} to {}, like 64k or 10m", format::bytesText(static_cast<std::int64_t>(least)),
                      format::bytesText(static_cast<std::int64_t>(most))),
          *node);
    }
    into_.*member = static_cast<N>(*read);
  }

  template <class E, class W>
  void word(std::string_view key, E T::*member, const W& words) {
    const Node* node = find(key);
    if (node == nullptr) return;
    for (const auto& [name, value] : words) {
      if (node->isScalar() && node->text == name) {
        into_.*member = value;
        return;
      }
    }
    wrong(path_ / key, "one of " + choices(words), *node);
  }

  template <class E, class W>
  void tagged(E T::*kind, std::string T::*text, const W& words) {
    std::string_view first;
    for (const auto& [key, value] : words) {
      const Node* node = find(key);
      if (node == nullptr) continue;
      if (!first.empty()) {
        problems_.push_back({(path_ / key).trail(), fmt::format("stands beside \"{}\"; only one of them may", first),
                             "write them as two items of the list"});
        continue;
      }
      first = key;
      into_.*kind = value;
      takeText(*node, path_ / key, into_.*text);
    }
    // The model's default is a kind that has a key: one must be written.
    const bool required = std::any_of(words.begin(), words.end(), [](const auto& w) { return w.second == T{}.kind; });
    if (first.empty() && required) {
      problems_.push_back({path_.trail(), "needs one of " + choices(words),
                           "write it like `- " + std::string(words[0].first) + ": NAME`"});
    }
  }

  template <class S>
  void list(std::string_view key, std::vector<S> T::*member) {
    Node* node = find(key);
    if (node == nullptr) return;
    if (!node->isSequence()) return wrong(path_ / key, "a list (items that begin with \"- \")", *node);
    (into_.*member).reserve(node->items.size());
    const Path path = path_ / key;
    for (std::size_t i = 0; i < node->items.size(); ++i) {
      readObject((into_.*member).emplace_back(), node->items[i], path[i]);
    }
  }

  template <class S>
  void one(std::string_view key, std::vector<S> T::*member) {
    Node* node = find(key);
    if (node == nullptr || (node->kind == Node::Kind::kBool && node->text == "false")) return;
    readObject((into_.*member).emplace_back(), *node, path_ / key);
  }

  template <class S>
  void part(std::string_view key, S T::*member) {
    if (Node* node = find(key)) readObject(into_.*member, *node, path_ / key);
  }

  void finish() {
    if (std::find(seen_.begin(), seen_.end(), false) == seen_.end()) return;
    KeyNames known;
    Shape<T>::describe(known);
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (seen_[i]) continue;
      const std::string& key = node_.entries[i].key;
      const auto near = meant(key, known.names);
      problems_.push_back({(path_ / key).trail(),
                           "is no key that a table has here",
                           near.empty() ? "it takes " + listOf(known.names) : fmt::format("did you mean {}?", near),
                           {},
                           true});
    }
  }

 private:
  static std::string listOf(const std::vector<std::string_view>& names) {
    std::string out;
    for (const auto name : names) out.append(out.empty() ? "" : ", ").append(name);
    return out;
  }

  // Null counts as not written.
  Node* find(std::string_view key) {
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      if (node_.entries[i].key != key) continue;
      seen_[i] = true;
      return node_.entries[i].value.isNull() ? nullptr : &node_.entries[i].value;
    }
    return nullptr;
  }

  void wrong(const Path& path, std::string_view expected, const Node& got) {
    problems_.push_back({path.trail(), fmt::format("takes {}, not {}", expected, shown(got)), ""});
  }

  template <class S>
  void readObject(S& into, Node& node, const Path& path) {
    table::readObject(node, into, path, problems_);
  }

  bool takeText(const Node& node, const Path& path, std::string& into) {
    if (!node.isScalar() || node.isNull()) {
      wrong(path, "a text", node);
      return false;
    }
    into = node.text;
    return true;
  }

  // One item may stand without its list.
  template <class Take>
  void each(std::string_view key, std::string_view expected, const Take& take) {
    const Node* node = find(key);
    if (node == nullptr) return;
    const Path path = path_ / key;
    if (node->isScalar()) return take(*node, path);
    if (!node->isSequence()) return wrong(path, expected, *node);
    for (std::size_t i = 0; i < node->items.size(); ++i) take(node->items[i], path[i]);
  }

  template <class N>
  bool takeNumber(const Node& node, const Path& path, std::uint64_t least, std::uint64_t most, N& into) {
    std::uint64_t read = 0;
    const char* end = node.text.data() + node.text.size();
    const auto [stop, failure] = std::from_chars(node.text.data(), end, read);
    if (node.kind != Node::Kind::kInt || failure != std::errc() || stop != end || read < least || read > most) {
      wrong(path, least == most ? fmt::format("{}", least) : fmt::format("a whole number from {} to {}", least, most),
            node);
      return false;
    }
    into = static_cast<N>(read);
    return true;
  }

  template <class D>
  bool takeDuration(const Node& node, const Path& path, std::chrono::milliseconds least, std::chrono::milliseconds most,
                    D& into) {
    const auto read = node.isScalar() ? format::parseDuration(node.text) : Error{};
    if (!read.ok() || *read < least || *read > most) {
      wrong(path,
            fmt::format("a duration from {} to {}, like 500ms, 30s or 5m", durationText(least),
                        most >= kTimeMax ? "3650d" : durationText(most)),
            node);
      return false;
    }
    into = std::chrono::duration_cast<D>(*read);
    if (into == *read) return true;
    wrong(path, std::is_same_v<D, std::chrono::seconds> ? "whole seconds" : "whole milliseconds", node);
    return false;
  }

  Node& node_;
  T& into_;
  const Path& path_;
  Problems& problems_;
  std::vector<bool> seen_;
};

template <class T>
void readObject(Node& node, T& into, const Path& path, Problems& problems) {
  lengthen(node, into);
  if (!node.isMapping()) {
    problems.push_back({path.trail(), fmt::format("takes a mapping (`key: value` lines), not {}", shown(node)), ""});
    return;
  }
  ObjectReader<T> reader(node, into, path, problems);
  Shape<T>::describe(reader);
  reader.finish();
  complete(into);
}

}  // namespace

void readTable(Node& node, model::RouteTable& into, Problems& problems) {
  readObject(node, into, Path(), problems);
}

void readService(Node& node, model::TableService& into, Problems& problems) {
  readObject(node, into, Path(), problems);
}

const Location& placeOf(const Node& root, const Trail& trail, bool atKey) {
  const Node* at = &root;
  const Location* place = &root.at;
  for (const auto& step : trail) {
    if (step.key.empty()) {
      if (!at->isSequence() || step.index >= at->items.size()) continue;
      at = &at->items[step.index];
      place = &at->at;
      continue;
    }
    for (const auto& entry : at->entries) {
      if (entry.key != step.key) continue;
      at = &entry.value;
      // A mapping or a list begins on the line after its key: the key is what the eye looks for.
      const bool value = at->isScalar() && !at->isNull() && !(atKey && &step == &trail.back());
      place = value ? &at->at : &entry.keyAt;
      break;
    }
  }
  return *place;
}

}  // namespace orbit::table

// A tree of a user's file in which each value knows its place, so that every message can name file, line and column.
// Scalars keep the text as written beside the type YAML 1.2's core schema gives it. Thread rules: plain values.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::format {

struct Entry;

struct Node {
  enum class Kind { kNull, kBool, kInt, kFloat, kString, kSequence, kMapping };
  Kind kind = Kind::kNull;
  std::string text;     // scalars: as written, quotes and escapes resolved; kBool: "true" or "false"
  bool quoted = false;  // a quoted or block scalar: always a string
  std::string tag;      // an application tag such as "!reset" or "!override", else ""
  Location at;
  std::vector<Node> items;     // kSequence
  std::vector<Entry> entries;  // kMapping, in the order written, keys unique

  bool isNull() const { return kind == Kind::kNull; }
  bool isScalar() const { return kind != Kind::kSequence && kind != Kind::kMapping; }
  bool isString() const { return kind == Kind::kString; }
  bool isSequence() const { return kind == Kind::kSequence; }
  bool isMapping() const { return kind == Kind::kMapping; }
  // The value under key, or nullptr.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  // Replaces or appends.
  void set(std::string_view key, Node value);
  void erase(std::string_view key);

  static Node string(std::string text, Location at = {});
  static Node sequence(Location at = {});
  static Node mapping(Location at = {});
};

struct Entry {
  std::string key;
  Location keyAt;
  Node value;
};

// "a mapping", "a list", "a string", "a number", … for messages.
std::string_view kindName(Node::Kind kind);

}  // namespace orbit::format

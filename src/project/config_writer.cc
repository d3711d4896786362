// The small writers of config_text.h.
#include <algorithm>

#include "project/config_text.h"

namespace orbit::project {
namespace {

using format::Node;

Node scalar(Node::Kind kind, std::string text) {
  Node node = Node::string(std::move(text));
  node.kind = kind;
  return node;
}

// "1h30m", "5s", "300ms": what parseDuration reads back.
std::string durationText(Duration span) {
  using namespace std::chrono;
  const auto us = duration_cast<microseconds>(span).count();
  if (us == 0) return "0s";
  if (us % 1000 != 0) return std::to_string(us) + "us";
  if (us % 1'000'000 != 0) return std::to_string(us / 1000) + "ms";
  const auto seconds = us / 1'000'000;
  std::string out;
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + "h";
  if (seconds % 3600 >= 60) out += std::to_string(seconds % 3600 / 60) + "m";
  if (seconds % 60 != 0) out += std::to_string(seconds % 60) + "s";
  return out;
}

}  // namespace

Node Writer::string(const std::string& value) const {
  if (part_ != Part::kWhole) return Node::string(value);
  std::string out;
  for (const char c : value) out.append(c == '$' ? 2 : 1, c);
  return Node::string(std::move(out));
}

void Writer::text(std::string_view key, const std::string& value) {
  if (!value.empty()) node_.set(key, string(value));
}

void Writer::number(std::string_view key, std::int64_t value) {
  if (value != 0) node_.set(key, scalar(Node::Kind::kInt, std::to_string(value)));
}

void Writer::count(std::string_view key, const std::optional<std::int64_t>& value) {
  if (value) node_.set(key, scalar(Node::Kind::kInt, std::to_string(*value)));
}

void Writer::flag(std::string_view key, bool value) {
  if (value) node_.set(key, scalar(Node::Kind::kBool, "true"));
}

void Writer::no(std::string_view key, bool isFalse) {
  if (isFalse) node_.set(key, scalar(Node::Kind::kBool, "false"));
}

void Writer::choice(std::string_view key, const std::optional<bool>& value) {
  if (value) node_.set(key, scalar(Node::Kind::kBool, *value ? "true" : "false"));
}

void Writer::span(std::string_view key, const std::optional<Duration>& value) {
  if (value) node_.set(key, Node::string(durationText(*value)));
}

void Writer::list(std::string_view key, const std::vector<std::string>& values) {
  if (!values.empty()) words(key, values);
}

void Writer::words(std::string_view key, const std::optional<std::vector<std::string>>& values) {
  if (!values) return;
  Node list = Node::sequence();
  for (const auto& value : *values) list.items.push_back(string(value));
  node_.set(key, std::move(list));
}

void Writer::map(std::string_view key, const std::map<std::string, std::string>& values) {
  map(key, std::map<std::string, std::optional<std::string>>(values.begin(), values.end()));
}

void Writer::map(std::string_view key, const std::map<std::string, std::optional<std::string>>& values) {
  if (values.empty()) return;
  Node all = Node::mapping();
  for (const auto& [name, value] : values) all.set(name, value ? string(*value) : Node());
  node_.set(key, std::move(all));
}

void Writer::node(std::string_view key, Node value) {
  if (value.isMapping() && value.entries.empty()) return;
  if (value.isSequence() && value.items.empty()) return;
  node_.set(key, std::move(value));
}

Node Writer::take() {
  std::sort(node_.entries.begin(), node_.entries.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  return std::move(node_);
}

}  // namespace orbit::project

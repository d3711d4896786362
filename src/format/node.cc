#include "format/node.h"

namespace orbit::format {

const Node* Node::find(std::string_view key) const {
  for (const auto& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(std::as_const(*this).find(key));
}

void Node::set(std::string_view key, Node value) {
  if (Node* found = find(key)) {
    *found = std::move(value);
    return;
  }
  Location place = value.at;
  entries.push_back({std::string(key), std::move(place), std::move(value)});
}

void Node::erase(std::string_view key) {
  std::erase_if(entries, [&](const Entry& entry) { return entry.key == key; });
}

Node Node::string(std::string text, Location at) {
  Node node;
  node.kind = Kind::kString;
  node.text = std::move(text);
  node.at = std::move(at);
  return node;
}

Node Node::sequence(Location at) {
  Node node;
  node.kind = Kind::kSequence;
  node.at = std::move(at);
  return node;
}

Node Node::mapping(Location at) {
  Node node;
  node.kind = Kind::kMapping;
  node.at = std::move(at);
  return node;
}

std::string_view kindName(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kBool:
      return "true or false";
    case Node::Kind::kInt:
      return "a whole number";
    case Node::Kind::kFloat:
      return "a number";
    case Node::Kind::kString:
      return "a string";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMapping:
      return "a mapping";
  }
  return "a value";
}

}  // namespace orbit::format

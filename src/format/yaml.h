// YAML 1.2 (core schema, with YAML 1.1's merge key `<<`) into a Node, by libfyaml.
// Anchors, aliases and merge keys are resolved; a duplicate key is an error that names both places.
// Limits: 4 MiB of text, 100 levels, 500,000 nodes after aliases ("billion laughs"). Thread rules: pure function.
#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "format/node.h"

namespace orbit::format {

// `name` is the path that locations carry. An empty document is kNull. More than one document: see parseYamlAll.
Result<Node> parseYaml(std::string_view text, const std::string& name);
// Every document of a stream ("---"), in order.
Result<std::vector<Node>> parseYamlAll(std::string_view text, const std::string& name);
// A Node as YAML in a stable form: two spaces, strings quoted only where needed, bytes that are not
// UTF-8 as U+FFFD.
std::string dumpYaml(const Node& node);

}  // namespace orbit::format

// YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema): the type of a plain scalar. Integers of
// YAML 1.1 with a leading zero (0755) count as integers, as other readers of compose files have them. Thread rules:
// pure function.
#pragma once
#include <string_view>

#include "format/node.h"

namespace orbit::format {

Node::Kind plainKind(std::string_view text);

}  // namespace orbit::format

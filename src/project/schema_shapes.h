// The Compose Specification's keys as tables: what each level of a file may hold, and an example of each key.
// Source: https://github.com/compose-spec/compose-spec, schema/compose-spec.json. Thread rules: constants.
#pragma once
#include <span>
#include <string_view>

namespace orbit::project {

// What a value may be; combined with |.
enum Accepts : unsigned {
  kText = 1,     // a string; a number is taken as its text
  kNumber = 2,   // a number, or a string that is one
  kFlag = 4,     // true or false, or a string that says so
  kScalar = 8,   // any scalar, null included
  kList = 16,    // of `item`
  kMap = 32,     // of `keys`, or any key with `value`
  kNothing = 64  // an explicit null
};

struct Key;

struct Shape {
  unsigned accepts = kScalar;
  const Shape* item = nullptr;     // of a list; nullptr: anything
  const Shape* value = nullptr;    // of a mapping with free keys; nullptr and no keys: anything
  std::span<const Key> keys = {};  // of a mapping with known keys; `x-` keys pass beside them
};

struct Key {
  std::string_view name;
  const Shape* shape;
  std::string_view example;  // as it would be written in the file
};

extern const Shape kFileShape;
extern const Shape kServiceShape;
// `x-orbit` of the file and of a service (decision 18).
extern const Shape kOrbitFileShape;
extern const Shape kOrbitServiceShape;
inline constexpr std::string_view kOrbitKey = "x-orbit";

}  // namespace orbit::project

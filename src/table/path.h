// Where in a table something stands: "routes[3].headers[0].name". A chain on the stack, made into text only when there
// is a problem to tell. Private to table. Thread rules: plain values.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace orbit::table {

struct Step {
  std::string key;  // "" : an item of a list
  std::size_t index = 0;
  bool operator==(const Step&) const = default;
};
using Trail = std::vector<Step>;

struct Path {
  const Path* up = nullptr;
  std::string_view key = {};
  std::size_t index = 0;

  Path operator/(std::string_view member) const { return {this, member, 0}; }
  Path operator[](std::size_t item) const { return {this, {}, item}; }
  Trail trail() const;  // empty: the table itself
};

std::string textOf(const Trail& trail);

struct Problem {
  Trail where;
  std::string message;  // follows the path: "routes[3].host: …"
  std::string hint;
  Trail other = {};    // what it clashes with
  bool atKey = false;  // the key is wrong, not its value
};
using Problems = std::vector<Problem>;
inline constexpr std::size_t kToldMax = 100;  // problems of one table; of more, how many

}  // namespace orbit::table

// Strict reading of a request's JSON object: every field is declared by reading it, wrong types and unknown fields are
// errors that name the field and what was meant. Private to api. Thread rules: plain values.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "format/json.h"

namespace orbit::api {

class Fields {
 public:
  // `where` is how errors name the object: "options". A null object reads as an empty one.
  explicit Fields(const format::Json& object, std::string where = "");

  std::string text(std::string_view name);
  std::string requiredText(std::string_view name);
  bool flag(std::string_view name, bool fallback = false);
  std::int64_t number(std::string_view name, std::int64_t fallback, std::int64_t least, std::int64_t most);
  std::vector<std::string> texts(std::string_view name);
  std::map<std::string, std::string> textMap(std::string_view name);
  std::map<std::string, int> countMap(std::string_view name);
  std::optional<Duration> seconds(std::string_view name);
  // One of `choices` or "".
  std::string choice(std::string_view name, const std::vector<std::string_view>& choices);
  // A member to be read by other means; null when absent.
  const format::Json& member(std::string_view name);

  // The first thing that was wrong, an unknown field included. kInvalid.
  Status finish();

 private:
  const format::Json* known(std::string_view name);  // null when absent or null
  void wrong(std::string_view name, std::string_view expected);

  const format::Json& object_;
  std::string where_;
  std::vector<std::string_view> names_;
  Status outcome_;
};

}  // namespace orbit::api

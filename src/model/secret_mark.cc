#include "model/secret_mark.h"

#include <algorithm>

namespace orbit::model {
namespace {

// A control character that no file may hold, so that nothing a user writes is taken for a mark.
constexpr char kEdge = '\x1e';

// Calls `plain` for what stands between marks and `mark` for their names.
template <class Plain, class Mark>
void walk(std::string_view text, const Plain& plain, const Mark& mark) {
  while (true) {
    const auto begin = text.find(kEdge);
    const auto end = begin == std::string_view::npos ? begin : text.find(kEdge, begin + 1);
    if (end == std::string_view::npos) break;
    plain(text.substr(0, begin));
    mark(std::string(text.substr(begin + 1, end - begin - 1)));
    text.remove_prefix(end + 1);
  }
  plain(text);
}

}  // namespace

std::string secretMark(std::string_view name) {
  return std::string(1, kEdge).append(name) + kEdge;
}

std::vector<std::string> secretsIn(std::string_view text) {
  std::vector<std::string> names;
  walk(
      text, [](std::string_view) {},
      [&](std::string name) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
      });
  return names;
}

std::string showSecrets(std::string_view text) {
  std::string out;
  walk(
      text, [&](std::string_view part) { out += part; }, [&](const std::string& name) { out += "${" + name + "}"; });
  return out;
}

Result<std::string> fillSecrets(std::string_view text,
                                const std::function<Result<std::string>(const std::string& name)>& value) {
  std::string out;
  Status found;
  walk(
      text, [&](std::string_view part) { out += part; },
      [&](const std::string& name) {
        if (!found.ok()) return;
        auto one = value(name);
        if (one.ok()) {
          out += *one;
        } else {
          found = std::move(one).error();
        }
      });
  ORBIT_TRY_STATUS(found);
  return out;
}

}  // namespace orbit::model

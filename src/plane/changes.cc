#include "plane/changes.h"

#include "plane/limits.h"
#include "table/table.h"

namespace orbit::plane {
namespace {

using format::Json;

std::map<std::string, const Json*> rowsOf(const Json& list, std::string_view key) {
  std::map<std::string, const Json*> rows;
  for (const Json& row : list.items()) {
    rows[key.empty() ? row["hosts"].dump() : row[key].asString()] = &row;
  }
  return rows;
}

Json compare(const Json& before, const Json& after, std::string_view key) {
  const auto old = rowsOf(before, key);
  const auto now = rowsOf(after, key);
  int added = 0, removed = 0, changed = 0;
  std::vector<std::string> names;
  const auto note = [&names](int& count, const std::string& name) {
    ++count;
    if (names.size() < kNamesShown) names.push_back(name);
  };
  for (const auto& [name, row] : now) {
    const auto same = old.find(name);
    if (same == old.end()) {
      note(added, name);
    } else if (*same->second != *row) {
      note(changed, name);
    }
  }
  for (const auto& [name, row] : old) {
    if (now.find(name) == now.end()) note(removed, name);
  }
  if (added + removed + changed == 0) return {};
  return Json::object({{"added", added}, {"removed", removed}, {"changed", changed}, {"names", Json::strings(names)}});
}

Json asJson(const model::RouteTable& table) {
  auto parsed = format::parseJson(table::write(table));
  return parsed.ok() ? std::move(*parsed) : Json();
}

}  // namespace

Json changesBetween(const model::RouteTable& before, const model::RouteTable& after) {
  const Json old = asJson(before);
  const Json now = asJson(after);
  Json changes = Json::object();
  const std::pair<std::string_view, std::string_view> parts[] = {
      {"listeners", "name"}, {"authorities", "name"}, {"certificates", ""}, {"services", "name"}, {"routes", "id"}};
  for (const auto& [part, key] : parts) {
    Json change = compare(old[part], now[part], key);
    if (!change.isNull()) changes.set(part, std::move(change));
  }
  return changes;
}

}  // namespace orbit::plane

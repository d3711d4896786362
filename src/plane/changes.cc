#include "plane/changes.h"

#include <unordered_map>

#include "plane/limits.h"

namespace orbit::plane {
namespace {

using format::Json;

// Compares values, not texts: this is part of how long a table of ten thousand routes takes to serve.
template <class Row, class NameOf>
Json compare(const std::vector<Row>& before, const std::vector<Row>& after, NameOf nameOf) {
  std::unordered_map<std::string, const Row*> gone;  // of `before`, what `after` was not seen to have
  gone.reserve(before.size());
  for (const Row& row : before) gone.emplace(nameOf(row), &row);
  int added = 0, changed = 0;
  std::vector<std::string> names;
  const auto note = [&names](const std::string& name) {
    if (names.size() < kNamesShown) names.push_back(name);
  };
  for (const Row& row : after) {
    const std::string name = nameOf(row);
    const auto same = gone.find(name);
    if (same == gone.end()) {
      ++added;
      note(name);
      continue;
    }
    if (!(*same->second == row)) {
      ++changed;
      note(name);
    }
    gone.erase(same);
  }
  const int removed = static_cast<int>(gone.size());
  for (const Row& row : before) {
    if (gone.empty() || names.size() == kNamesShown) break;
    if (gone.erase(nameOf(row)) > 0) note(nameOf(row));
  }
  if (added + removed + changed == 0) return {};
  return Json::object({{"added", added}, {"removed", removed}, {"changed", changed}, {"names", Json::strings(names)}});
}

}  // namespace

Json changesBetween(const model::RouteTable& before, const model::RouteTable& after) {
  Json changes = Json::object();
  const auto set = [&changes](std::string_view part, Json change) {
    if (!change.isNull()) changes.set(part, std::move(change));
  };
  const auto byName = [](const auto& row) { return row.name; };
  const auto byHosts = [](const model::TableCertificate& row) { return Json::strings(row.hosts).dump(); };
  const auto byId = [](const model::TableRoute& row) { return row.id; };
  set("listeners", compare(before.listeners, after.listeners, byName));
  set("authorities", compare(before.authorities, after.authorities, byName));
  set("certificates", compare(before.certificates, after.certificates, byHosts));
  set("services", compare(before.services, after.services, byName));
  set("routes", compare(before.routes, after.routes, byId));
  return changes;
}

}  // namespace orbit::plane

#include "plane/proposal.h"

#include <algorithm>

#include "table/table.h"

namespace orbit::plane {
namespace {

model::TableService* find(model::RouteTable& table, const std::string& name) {
  const auto found = std::find_if(table.services.begin(), table.services.end(),
                                  [&name](const auto& service) { return service.name == name; });
  return found == table.services.end() ? nullptr : &*found;
}

Proposal checked(model::RouteTable table) {
  Proposal proposal;
  proposal.problems = table::check(table);
  proposal.text = table::write(table);
  proposal.table = std::move(table);
  return proposal;
}

Proposal refused(Error error) {
  Proposal proposal;
  proposal.problems.push_back(std::move(error));
  return proposal;
}

}  // namespace

Proposal wholeTable(std::string_view text, const std::string& name) {
  table::Reading reading = table::read(text, name);
  Proposal proposal;
  proposal.table = std::move(reading.table);
  proposal.problems = std::move(reading.problems);
  proposal.text = text;
  return proposal;
}

Proposal withService(const model::RouteTable& current, const std::string& service, std::string_view text) {
  table::ServiceReading reading = table::readService(text, "service " + service);
  if (reading.problems.empty() && reading.service.name != service) {
    reading.problems.push_back(
        {.code = Code::kInvalid,
         .message = "the service is named '" + reading.service.name + "' and not '" + service + "' as the path says"});
  }
  if (!reading.problems.empty()) {
    Proposal proposal;
    proposal.problems = std::move(reading.problems);
    return proposal;
  }
  model::RouteTable next = current;
  if (model::TableService* present = find(next, service); present != nullptr) {
    *present = std::move(reading.service);
  } else {
    next.services.push_back(std::move(reading.service));
  }
  return checked(std::move(next));
}

Proposal withPause(const model::RouteTable& current, const std::string& service, bool paused) {
  model::RouteTable next = current;
  model::TableService* present = find(next, service);
  if (present == nullptr) return refused({.code = Code::kNotFound, .message = "no service is named " + service});
  present->paused = paused;
  return checked(std::move(next));
}

}  // namespace orbit::plane

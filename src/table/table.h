// The door of table: a route table as text (YAML or JSON, docs/edge-table.md) into values and back, checked whole. All
// faults at once, each with file, line, column, what was expected and what to do. Thread rules: pure functions.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/route_table.h"

namespace orbit::table {

struct Reading {
  model::RouteTable table;  // good only when there are no problems
  std::vector<Error> problems;
};

Reading read(std::string_view text, const std::string& name);
// One service, as PUT /services/NAME sends it, checked against the rest of `table`.
struct ServiceReading {
  model::TableService service;
  std::vector<Error> problems;
};
ServiceReading readService(std::string_view text, const std::string& name);
// What `read` checks beyond the shape: references, doubles, hosts, paths, ranges, patterns. Without places.
std::vector<Error> check(const model::RouteTable& table);
// As JSON that read() takes back to an equal table; members at their default are left out.
std::string write(const model::RouteTable& table);
std::string writeService(const model::TableService& service);

}  // namespace orbit::table

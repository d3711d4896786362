// The checks of a table beyond its shape, with the paths of what they find. Private to table. Thread rules: pure
// functions.
#pragma once
#include "model/route_table.h"
#include "table/path.h"

namespace orbit::table {

// All of them.
void checkTable(const model::RouteTable& table, Problems& problems);
// One service by itself, ranges not.
void checkService(const model::TableService& service, const Path& path, Problems& problems);

// The parts, each in its own file.
void checkRanges(const model::RouteTable& table, Problems& problems);
void checkRanges(const model::TableService& service, const Path& path, Problems& problems);
void checkListeners(const model::RouteTable& table, Problems& problems);
void checkCertificates(const model::RouteTable& table, Problems& problems);
void checkRoutes(const model::RouteTable& table, Problems& problems);

}  // namespace orbit::table

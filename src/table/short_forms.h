// The short forms that people write ("10.0.0.2:8000" for an instance), turned into the long ones before reading, and
// what follows from other keys when it is not written. Private to table. Thread rules: pure functions.
#pragma once
#include "format/node.h"
#include "model/route_table.h"

namespace orbit::table {

void lengthen(format::Node& node, const model::TableInstance&);
void lengthen(format::Node& node, const model::TableService&);
void lengthen(format::Node& node, const model::TableHealthCheck&);
void lengthen(format::Node& node, const model::TableRoute::Redirect&);
void lengthen(format::Node& node, const model::TableRoute::Respond&);
void lengthen(format::Node& node, const model::TableErrorPage&);
template <class T>
void lengthen(format::Node&, const T&) {}

// Names that nobody wrote: of listeners, releases, instances, routes.
void complete(model::TableService& service);
void complete(model::RouteTable& table);
template <class T>
void complete(T&) {}

}  // namespace orbit::table

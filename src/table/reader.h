// A tree of text into a table's values: the right kinds and ranges, no unknown keys, short forms made long. What does
// not fit becomes a problem and keeps its default, so that one reading finds every fault. Private to table. Thread
// rules: pure functions.
#pragma once
#include "format/node.h"
#include "model/route_table.h"
#include "table/path.h"

namespace orbit::table {

// `node` is left in its long form, in which paths of problems lead to places.
void readTable(format::Node& node, model::RouteTable& into, Problems& problems);
void readService(format::Node& node, model::TableService& into, Problems& problems);

// Where in `root` a trail leads: as deep as it is written there.
const Location& placeOf(const format::Node& root, const Trail& trail, bool atKey);

}  // namespace orbit::table

// One route by itself. Private to table. Thread rules: pure functions.
#pragma once
#include "model/route_table.h"
#include "table/path.h"

namespace orbit::table {

void checkRoute(const model::TableRoute& route, const Path& path, Problems& problems);
void checkRedirect(const model::TableRoute& route, const Path& path, Problems& problems);
void checkHeaderEdits(const model::TableRoute& route, const Path& path, Problems& problems);
void checkCors(const model::TableRoute& route, const Path& path, Problems& problems);

}  // namespace orbit::table

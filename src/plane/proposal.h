// A table that somebody wants served, read and checked, before anything is done about it. Private to plane. Thread
// rules: pure; slow for large tables, so run on a worker thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/json.h"
#include "model/route_table.h"

namespace orbit::plane {

struct Proposal {
  model::RouteTable table;
  std::string text;  // as it is kept
  std::vector<Error> problems;
  format::Json changes;  // against what is served
};

Proposal wholeTable(std::string_view text, const std::string& name);
// `current` with one service replaced, or added.
Proposal withService(const model::RouteTable& current, const std::string& service, std::string_view text);
Proposal withPause(const model::RouteTable& current, const std::string& service, bool paused);

}  // namespace orbit::plane

// What a line says, as names and values: JSON objects (members of members as "a.b"), logfmt (a=b c="d e"), and request
// lines `METHOD /path status=200 duration=0.012s`, also behind a logger's prefix; and the id of the request that a line
// is about. Part of the door of logs. Thread rules: pure.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orbit::logs {

using Fields = std::vector<std::pair<std::string, std::string>>;  // in the order they stand

// At most kFieldsMax of them; empty when the line has no such shape.
Fields fieldsOf(std::string_view line);

// By a field that means it (request_id, requestId, req_id, x-request-id, trace ids not), else a bare UUID; "" for none.
std::string requestIdOf(std::string_view line);

}  // namespace orbit::logs

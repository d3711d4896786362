// What `ps`, `ls`, `config` and `version` print: tables with Docker Compose's columns, JSON with its keys.
// Thread rules: pure functions; the time comes in.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cli/events.h"
#include "format/json.h"

namespace orbit::cli {

// "5 minutes", "About an hour", "3 weeks": spans as Docker's listings round them.
std::string roundedSpan(std::int64_t seconds);
// "Up 5 minutes (healthy)", "Exited (1) 2 hours ago", "Created".
std::string statusText(const RowEvent& row, std::int64_t nowUs);

std::string psTable(const std::vector<RowEvent>& rows, std::int64_t nowUs, bool truncate);
// One object a line, with the keys of `docker compose ps --format json`.
std::string psJson(const std::vector<RowEvent>& rows, const std::string& project, std::int64_t nowUs);

// `projects` is the array of GET /v1/projects; without `all` only those of which something runs.
std::string lsTable(const format::Json& projects, bool all);
std::string lsJson(const format::Json& projects, bool all);
std::string lsNames(const format::Json& projects, bool all);

// "0.0.0.0:8000->8000/tcp, :::8000->8000/tcp" as "8000->8000": what fits in the live table.
std::string shortPorts(const std::string& ports);

}  // namespace orbit::cli

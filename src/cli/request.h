// Flags as the request bodies of docs/api.md. Thread rules: pure functions of the command line and `lookUp`.
#pragma once
#include <cstdint>

#include "cli/command_line.h"
#include "cli/snapshot.h"
#include "format/json.h"

namespace orbit::cli {

// Errors of all: kInvalid for values that make no sense, and for flags that exclude each other.
Result<format::Json> upRequest(const CommandLine& line);
Result<format::Json> downRequest(const CommandLine& line);
// start, stop, restart.
format::Json changeRequest(const CommandLine& line);
Result<format::Json> buildRequest(const CommandLine& line, const Variables& lookUp);
format::Json pullRequest(const CommandLine& line);
Result<format::Json> logsRequest(const CommandLine& line, std::int64_t nowUs);
Result<format::Json> requestsRequest(const CommandLine& line, std::int64_t nowUs);
// `terminal`: standard input and output are one, so the command gets one too unless -T.
format::Json execRequest(const CommandLine& line, bool terminal, const Variables& lookUp);
Result<format::Json> runRequest(const CommandLine& line, bool terminal, const Variables& lookUp);

// `source` is a deploy's, as docs/api.md has it.
Result<format::Json> deployRequest(const CommandLine& line, format::Json source);
Result<format::Json> followRequest(const CommandLine& line);
// promote, deploy --cancel, and what rollback and an environment's end begin with.
format::Json environmentRequest(const CommandLine& line);
format::Json rollbackRequest(const CommandLine& line);

// {"project": …} when -p was given, for verbs that work without files too.
format::Json namedProject(const CommandLine& line);

}  // namespace orbit::cli

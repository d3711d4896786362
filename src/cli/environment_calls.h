// What the verbs about environments ask first: which project, which environment. Private steps of the runners.
// Thread rules: the thread of the session's Loop.
#pragma once
#include <string>

#include "cli/session.h"
#include "format/json.h"

namespace orbit::cli {

// -E, else production.
std::string deployedEnvironment(const CommandLine& line);
// -p, else the name that the files here give. Errors: kNotFound; what is wrong with them is told already.
net::Task<Result<std::string>> projectName(Session& session);
// A plain answer of the daemon, which is started if need be.
net::Task<Result<format::Json>> askDaemon(Session& session, std::string target);
// "project=shop&environment=production".
std::string environmentQuery(const std::string& project, const std::string& environment);
// Shows the error; the exit status.
int failWith(Session& session, const Error& error);
// `down -E NAME`.
net::Task<int> endEnvironment(Session& session);

}  // namespace orbit::cli

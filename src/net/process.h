// Child processes (posix_spawn). Thread rules: the thread of their Loop.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "net/loop.h"

namespace orbit::net {

struct Command {
  std::vector<std::string> arguments;              // [0] is found in PATH when it holds no '/'
  std::map<std::string, std::string> environment;  // added to ours; secrets go here or to stdin, never into arguments
  std::string workingDir;
};

struct Exit {
  int status = 0;  // exit status, or 128 + signal
  int signal = 0;  // 0 unless killed
};

// Runs a command to its end. `input` is called for the next piece of standard input ("" = end; null function:
// /dev/null), `output` gets standard output and error as they come. On kTimeout and kCancelled the child gets SIGTERM,
// then SIGKILL after 5 s. Errors: kNotFound when there is no such program.
using Input = std::function<Task<Result<std::string>>()>;
using Output = std::function<void(bool isError, std::string_view bytes)>;
Task<Result<Exit>> runCommand(Loop& loop, Command command, Input input, Output output, Wait wait);

// Starts a process in a session of its own with standard input from /dev/null and both outputs appended to `logFile`.
Result<int> spawnDetached(const Command& command, const std::string& logFile);

}  // namespace orbit::net

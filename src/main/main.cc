// One line a process: hold, daemon, edge, or the command line.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/base.h"
#include "cli/cli.h"
#include "daemon/daemon.h"
#include "hold/hold.h"
#include "model/home.h"

namespace {

using orbit::model::Home;

constexpr int kFailed = 1;

std::optional<std::string> lookUp(std::string_view variable) {
  const char* value = std::getenv(std::string(variable).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

int fail(const orbit::Error& error) {
  std::fprintf(stderr, "orbit: %s\n", error.text().c_str());
  return kFailed;
}

// The folders that hold's socket, lock and log live in; the daemon makes the rest.
orbit::Status makeFolders(const Home& home) {
  ::umask(0077);
  for (const std::string& folder :
       {home.state, home.run, std::filesystem::path(home.logFile()).parent_path().string()}) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) {
      return orbit::Error{.code = orbit::Code::kIo,
                          .message = "cannot make the folder " + folder + ": " + failed.message(),
                          .hint = "choose another with ORBIT_HOME, or mend its owner"};
    }
  }
  return {};
}

int hold(const Home& home, const std::string& executable) {
  if (const auto made = makeFolders(home); !made.ok()) return fail(made.error());
  orbit::hold::Options options;
  options.lockFile = home.lockFile();
  options.controlPath = home.holdSocket();
  options.logFile = home.logFile();
  options.listeners = {{"api", home.apiSocket()}};
  options.children = {{"daemon", {executable, "daemon"}, {"api"}}};
  return orbit::hold::run(options);
}

int edge() {
  std::fputs("orbit: this version has no edge yet; it comes with the next one\n", stderr);
  return kFailed;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  std::error_code ignored;
  auto home = orbit::model::homeFor(lookUp, ::geteuid(), std::filesystem::current_path(ignored));
  if (!home.ok()) return fail(home.error());
  // The processes started from here agree on the folder, wherever they run.
  if (lookUp("ORBIT_HOME")) ::setenv("ORBIT_HOME", home->state.c_str(), 1);
  const std::string executable = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string verb = arguments.empty() ? "" : arguments.front();
  if (verb == "hold") return hold(*home, executable);
  if (verb == "daemon") return orbit::daemon::run(*home);
  if (verb == "edge") return edge();
  return orbit::cli::run(arguments, *home, executable);
}

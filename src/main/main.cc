// One line a process: hold, daemon, edge, or the command line.
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/base.h"
#include "cert/cert.h"
#include "cli/cli.h"
#include "daemon/daemon.h"
#include "hold/hold.h"
#include "model/home.h"
#include "plane/plane.h"
#include "server/server.h"

namespace {

using orbit::model::Home;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr const char* kEdgeUser = "orbit";

std::optional<std::string> lookUp(std::string_view variable) {
  const char* value = std::getenv(std::string(variable).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

int fail(const orbit::Error& error, int status = kFailed) {
  std::fprintf(stderr, "orbit: %s\n", error.text().c_str());
  return status;
}

orbit::Status makeFolder(const std::string& folder, ::mode_t mode) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (!failed && ::chmod(folder.c_str(), mode) == 0) return {};
  return orbit::Error{.code = orbit::Code::kIo,
                      .message = "cannot make the folder " + folder + ": " +
                                 (failed ? failed.message() : std::string(std::strerror(errno))),
                      .hint = "choose another with ORBIT_HOME, or mend its owner"};
}

// The folders that hold's socket, lock and log live in, and those of the edge; the daemon makes the rest. When the edge
// runs as another user, it owns its own and may pass through those above.
orbit::Status makeFolders(const Home& home) {
  ::umask(0077);
  const passwd* edgeUser = ::geteuid() == 0 ? ::getpwnam(kEdgeUser) : nullptr;
  const std::string logs = std::filesystem::path(home.logFile()).parent_path().string();
  for (const std::string& folder : {home.state, home.run, logs}) {
    ORBIT_TRY_STATUS(makeFolder(folder, edgeUser == nullptr ? 0700 : 0711));
  }
  const std::string accessLogs = std::filesystem::path(home.accessLog()).parent_path().string();
  for (const std::string& folder : {home.edgeFolder(), home.signalFolder(), accessLogs}) {
    ORBIT_TRY_STATUS(makeFolder(folder, 0700));
    if (edgeUser == nullptr) continue;
    if (::lchown(folder.c_str(), edgeUser->pw_uid, edgeUser->pw_gid) != 0) {
      return orbit::Error{.code = orbit::Code::kIo, .message = "cannot give " + folder + " to the user " + kEdgeUser};
    }
  }
  return {};
}

int hold(const Home& home, const std::string& executable) {
  if (const auto made = makeFolders(home); !made.ok()) return fail(made.error());
  ::setenv(orbit::model::kHeldState, home.state.c_str(), 1);
  ::setenv(orbit::model::kHeldRun, home.run.c_str(), 1);
  orbit::hold::Options options;
  options.lockFile = home.lockFile();
  options.controlPath = home.holdSocket();
  options.logFile = home.logFile();
  // Whoever may use Docker is root in effect, and may use the machine's own Orbit.
  const bool forAll = home.state == orbit::model::systemHome().state;
  options.listeners = {{"api", home.apiSocket(), forAll ? "docker" : ""}, {"edge", home.edgeSocket()}};
  options.children.push_back({.name = "daemon", .arguments = {executable, "daemon"}, .listeners = {"api"}});
  options.children.push_back(
      {.name = "edge", .arguments = {executable, "edge"}, .listeners = {"edge"}, .overlaps = true, .user = kEdgeUser});
  return orbit::hold::run(options);
}

// Started by hold, or alone with --table.
int edge(const orbit::cli::CommandLine& line, const Home& home) {
  orbit::plane::Options options;
  if (lookUp("ORBIT_HOLD")) {
    options.folder = home.edgeFolder();
    options.signalFolder = home.signalFolder();
    options.accessLog = home.accessLog();
    return orbit::plane::serve(options);
  }
  if (!line.isSet("table")) {
    return fail({.code = orbit::Code::kInvalid,
                 .message = "the edge needs a table: orbit edge --table FILE",
                 .hint = "docs/edge-table.md shows one; without --table only orbit hold starts an edge"},
                kWrongUsage);
  }
  const int workers = line.number("workers").value_or(0);
  if (workers < 0) return fail({.code = orbit::Code::kInvalid, .message = "--workers is 1 or more"}, kWrongUsage);
  options.tableFile = line.text("table");
  options.workers = static_cast<unsigned>(workers);
  options.controlSocket = line.text("control");
  options.folder = line.text("state");
  return orbit::plane::serve(options);
}

// The machine's own for a user who may speak to it and chose no other.
orbit::Result<Home> chosenHome(const std::string& workingDir) {
  Home machine = orbit::model::systemHome();
  if (::geteuid() != 0 && !lookUp("ORBIT_HOME") && ::access(machine.apiSocket().c_str(), W_OK) == 0) {
    machine.shared = true;
    return machine;
  }
  return orbit::model::homeFor(lookUp, ::geteuid(), workingDir);
}

orbit::server::InstallOptions installOptions(const orbit::cli::CommandLine& line) {
  orbit::server::InstallOptions options;
  options.users = line.list("user");
  options.liveRestore = line.on("live-restore");
  options.yes = line.on("yes");
  options.print = line.on("print");
  options.root = line.text("root");
  return options;
}

int firewall(const orbit::cli::CommandLine& line) {
  const std::string how = line.arguments.empty() ? "add" : line.arguments.front();
  if (how == "add" || how == "remove") return orbit::server::firewall(how == "add");
  return fail({.code = orbit::Code::kInvalid, .message = "orbit server firewall takes add or remove"}, kWrongUsage);
}

// As the user who types it: the browsers' databases are theirs.
int trust(const orbit::cli::CommandLine& line, const Home& home) {
  const std::string folder = home.edgeFolder() + "/certs";
  const orbit::SystemClock clock;
  // Made when no edge has done so yet.
  const auto authority = orbit::cert::localAuthority(folder, clock);
  if (!authority.ok()) return fail(authority.error());
  orbit::cert::TrustOptions options;
  options.certificateFile = authority->certificateFile;
  options.homeFolder = lookUp("HOME").value_or("");
  options.remove = line.on("uninstall");
  orbit::net::Loop loop;
  const auto report = loop.runTask(orbit::cert::trust(loop, options, {}));
  if (!report.ok()) return fail(report.error());
  std::fputs(report->text().c_str(), stdout);
  return report->done.empty() ? kFailed : 0;
}

}  // namespace

int main(int count, char** words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  std::error_code ignored;
  auto home = chosenHome(std::filesystem::current_path(ignored));
  if (!home.ok()) return fail(home.error());
  // The processes started from here agree on the folder, wherever they run.
  if (lookUp("ORBIT_HOME")) ::setenv("ORBIT_HOME", home->state.c_str(), 1);
  const std::string executable = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string verb = arguments.empty() ? "" : arguments.front();
  if (verb == "hold") return hold(*home, executable);
  if (verb == "daemon") return orbit::daemon::run(*home);
  const orbit::cli::OwnVerbs own = {
      {"edge", [&home](const auto& line) { return edge(line, *home); }},
      {"trust", [&home](const auto& line) { return trust(line, *home); }},
      {"server install", [](const auto& line) { return orbit::server::install(installOptions(line)); }},
      {"server uninstall", [](const auto& line) { return orbit::server::uninstall(installOptions(line)); }},
      {"server firewall", firewall},
      {"doctor", [&](const auto& line) { return orbit::server::doctor(*home, executable, line.json()); }},
      {"git-prepare", [](const auto& line) { return orbit::server::gitPrepare(line.arguments.front()); }},
      {"git-hook", [](const auto&) { return orbit::server::gitHook(); }},
      {"edge check", [](const auto& line) { return orbit::plane::check(line.arguments.front()); }},
  };
  return orbit::cli::run(arguments, *home, executable, own);
}

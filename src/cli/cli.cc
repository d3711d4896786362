#include "cli/cli.h"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/base.h"
#include "cli/command_line.h"
#include "cli/help.h"
#include "cli/runners.h"
#include "cli/target.h"
#include "cli/terminal.h"

namespace orbit::cli {
namespace {

struct Runner {
  std::string_view verb;
  net::Task<int> (*run)(Session&);
};

constexpr Runner kRunners[] = {{"up", runUp},
                               {"down", runDown},
                               {"start", runChange},
                               {"stop", runChange},
                               {"restart", runChange},
                               {"build", runBuild},
                               {"pull", runPull},
                               {"config", runConfig},
                               {"ps", runPs},
                               {"ls", runLs},
                               {"logs", runLogs},
                               {"requests", runRequests},
                               {"metrics", runMetrics},
                               {"top", runTop},
                               {"exec", runExec},
                               {"run", runRun},
                               {"domains add", runDomainsAdd},
                               {"domains list", runDomainsList},
                               {"domains check", runDomainsCheck},
                               {"domains remove", runDomainsRemove},
                               {"domains authority", runDomainsAuthority},
                               {"deploy", runDeploy},
                               {"rollback", runRollback},
                               {"promote", runPromote},
                               {"releases", runReleases},
                               {"show", runShow},
                               {"status", runStatus},
                               {"open", runOpen},
                               {"alerts", runAlerts},
                               {"alerts test", runAlertsTest},
                               {"incidents", runIncidents},
                               {"incidents ack", runIncidentsAck},
                               {"incidents silence", runIncidentsSilence},
                               {"incidents resolve", runIncidentsResolve},
                               {"objectives", runObjectives},
                               {"vars set", runVarsSet},
                               {"vars list", runVarsList},
                               {"vars unset", runVarsUnset},
                               {"vars revoke", runVarsRevoke},
                               {"vars import", runVarsImport},
                               {"link", runLink},
                               {"api-stdio", runApiStdio},
                               {"version", runVersion},
                               {"server status", runServerStatus},
                               {"server stop", runServerStop}};

int wrongUsage(const Error& error) {
  writeAll(STDERR_FILENO, "orbit: " + error.message + "\n" + (error.hint.empty() ? "" : "  " + error.hint + "\n"));
  return kWrongUsage;
}

int help(const CommandLine& line) {
  if (line.arguments.empty()) {
    writeAll(STDOUT_FILENO, overview());
    return kDone;
  }
  const auto named = parseCommandLine(line.arguments.size() == 1
                                          ? std::vector<std::string>{line.arguments[0], "--help"}
                                          : std::vector<std::string>{line.arguments[0], line.arguments[1], "--help"});
  if (!named.ok()) return wrongUsage(named.error());
  writeAll(STDOUT_FILENO, verbHelp(*named->verb));
  return kDone;
}

// Values of global flags that only some words are right for.
Status checkWords(const CommandLine& line) {
  const auto check = [&](std::string_view flag, std::initializer_list<std::string_view> known) -> Status {
    const std::string value = line.text(flag);
    if (!line.isSet(flag) || std::find(known.begin(), known.end(), std::string_view(value)) != known.end()) return {};
    std::string words;
    for (auto word : known) words += (words.empty() ? "" : ", ") + std::string(word);
    return Error{.code = Code::kInvalid,
                 .message = "--" + std::string(flag) + " does not know '" + value + "'",
                 .hint = "It takes one of: " + words};
  };
  ORBIT_TRY_STATUS(check("ansi", {"auto", "always", "never"}));
  return check("progress", {"auto", "tty", "plain", "quiet"});
}

Result<std::optional<RemoteHost>> hostFor(const CommandLine& line) {
  std::error_code ignored;
  Surroundings around;
  around.folder = linkFolder(line, std::filesystem::current_path(ignored).string());
  around.lookUp = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return targetOf(line, around);
}

}  // namespace

int run(const std::vector<std::string>& arguments, const model::Home& home, const std::string& executable,
        const OwnVerbs& ownVerbs) {
  const auto line = parseCommandLine(arguments);
  if (!line.ok()) return wrongUsage(line.error());
  if (const auto words = checkWords(*line); !words.ok()) return wrongUsage(words.error());
  if (line->verb == nullptr && line->on("version")) {
    writeAll(STDOUT_FILENO, "orbit " + buildVersion() + "\n");
    return kDone;
  }
  if (line->verb == nullptr) {
    writeAll(STDOUT_FILENO, overview());
    return kDone;
  }
  if (line->on("help")) {
    writeAll(STDOUT_FILENO, verbHelp(*line->verb));
    return kDone;
  }
  if (line->verb->name == "help") return help(*line);
  const auto own = ownVerbs.find(std::string(line->verb->name));
  if (own != ownVerbs.end()) return own->second(*line);
  ::signal(SIGPIPE, SIG_IGN);
  restoreTerminalOnCrash();
  setLogLevel(line->on("verbose") ? Level::kDebug : Level::kWarning);
  for (const auto& [verb, runner] : kRunners) {
    if (verb != line->verb->name) continue;
    const auto host = hostFor(*line);
    if (!host.ok()) return wrongUsage(host.error());
    net::Loop loop;
    Session session(loop, *line, home, executable, *host);
    return loop.runTask(runner(session));
  }
  checkFailed("every verb has a runner", __FILE__, __LINE__);
}

}  // namespace orbit::cli

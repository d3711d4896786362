#include "cli/verbs.h"

#include "base/base.h"
#include "cli/alert_verbs.h"
#include "cli/deploy_verbs.h"
#include "cli/edge_verbs.h"
#include "cli/metrics_verbs.h"
#include "cli/server_verbs.h"

namespace orbit::cli {
namespace {

constexpr auto kSwitch = Flag::Kind::kSwitch;
constexpr auto kText = Flag::Kind::kText;
constexpr auto kNumber = Flag::Kind::kNumber;
constexpr auto kList = Flag::Kind::kList;

const Flag kTimeout{"timeout", 't', kNumber, "SECONDS", "Time a container gets to stop before it is killed"};
const Flag kJson{"json", 0, kSwitch, "", "The same as --format json"};
const Flag kNoColor{"no-color", 0, kSwitch, "", "No colours"};
const Flag kOneEnvironment{"environment", 'E', kText, "NAME", "Only this environment (default: all)"};
const Flag kNoLogPrefix{"no-log-prefix", 0, kSwitch, "", "Log lines without the service's name before them"};

std::vector<Flag> upFlags() {
  return {
      {"detach", 'd', kSwitch, "", "Return when everything is healthy, leave it running"},
      {"build", 0, kSwitch, "", "Build images before starting"},
      {"no-build", 0, kSwitch, "", "Never build, even if an image is missing"},
      {"force-recreate", 0, kSwitch, "", "Recreate containers even if nothing changed"},
      {"no-recreate", 0, kSwitch, "", "Keep existing containers even if something changed"},
      {"always-recreate-deps", 0, kSwitch, "", "Recreate dependencies too"},
      {"no-deps", 0, kSwitch, "", "Only the services named, not what they depend on"},
      {"no-start", 0, kSwitch, "", "Create everything, start nothing"},
      {"remove-orphans", 0, kSwitch, "", "Remove containers of services that the files no longer name"},
      {"renew-anon-volumes", 'V', kSwitch, "", "New anonymous volumes instead of the old containers' ones"},
      {"scale", 0, kList, "SERVICE=N", "Run N containers of a service"},
      {"pull", 0, kText, "WHEN", "Pull images: always, missing or never"},
      {"quiet-pull", 0, kSwitch, "", "Pull without progress"},
      {"quiet-build", 0, kSwitch, "", "Build without output"},
      {"wait", 0, kSwitch, "", "Wait until everything is healthy; implies -d (Orbit always waits)"},
      {"wait-timeout", 0, kNumber, "SECONDS", "Give up waiting after this time"},
      kTimeout,
      {"abort-on-container-exit", 0, kSwitch, "", "Stop everything when a container exits"},
      {"abort-on-container-failure", 0, kSwitch, "", "Stop everything when a container exits with an error"},
      {"exit-code-from", 0, kText, "SERVICE", "Exit with this service's code; implies --abort-on-container-exit"},
      {"attach", 0, kList, "SERVICE", "Show only these services' logs"},
      {"no-attach", 0, kList, "SERVICE", "Do not show these services' logs"},
      {"attach-dependencies", 0, kSwitch, "", "Show the logs of dependencies too"},
      {"timestamps", 0, kSwitch, "", "Show times in logs"},
      kNoColor,
      kNoLogPrefix,
      {"yes", 'y', kSwitch, "", ""},
  };
}

std::vector<Flag> runFlags() {
  return {
      {"rm", 0, kSwitch, "", "Remove the container when it exits"},
      {"detach", 'd', kSwitch, "", "Run in the background and print the container's id"},
      {"env", 'e', kList, "NAME=VALUE", "Set an environment variable"},
      {"publish", 'p', kList, "PORT", "Publish a port of the container"},
      {"service-ports", 'P', kSwitch, "", "Publish the service's ports"},
      {"no-tty", 'T', kSwitch, "", "No terminal in the container"},
      {"interactive", 'i', kSwitch, "", "Pass standard input (default: yes)"},
      {"tty", 't', kSwitch, "", ""},
      {"user", 'u', kText, "USER", "Run as this user"},
      {"volume", 'v', kList, "VOLUME", "Mount a volume or folder"},
      {"workdir", 'w', kText, "PATH", "Folder to run in"},
      {"name", 0, kText, "NAME", "Name of the container"},
      {"entrypoint", 0, kText, "COMMAND", "Replace the image's entrypoint"},
      {"no-deps", 0, kSwitch, "", "Do not start what the service depends on"},
      {"quiet-pull", 0, kSwitch, "", "Pull without progress"},
      {"quiet", 'q', kSwitch, "", "Show no progress"},
  };
}

std::vector<Flag> execFlags() {
  return {
      {"detach", 'd', kSwitch, "", "Run in the background"},
      {"env", 'e', kList, "NAME=VALUE", "Set an environment variable"},
      {"environment", 'E', kText, "NAME", "In which environment (default: development)"},
      {"index", 0, kNumber, "N", "Which container of a service that has several"},
      {"no-tty", 'T', kSwitch, "", "No terminal in the container"},
      {"interactive", 'i', kSwitch, "", "Pass standard input (default: yes)"},
      {"tty", 't', kSwitch, "", ""},
      {"privileged", 0, kSwitch, "", "Give the command extended privileges"},
      {"user", 'u', kText, "USER", "Run as this user"},
      {"workdir", 'w', kText, "PATH", "Folder to run in"},
  };
}

std::vector<Flag> configFlags() {
  return {
      {"quiet", 'q', kSwitch, "", "Only check, print nothing"},
      {"services", 0, kSwitch, "", "Print the services' names"},
      {"volumes", 0, kSwitch, "", "Print the volumes' names"},
      {"networks", 0, kSwitch, "", "Print the networks' names"},
      {"images", 0, kSwitch, "", "Print the images' names"},
      {"profiles", 0, kSwitch, "", "Print the profiles' names"},
      {"hash", 0, kText, "SERVICES", "Print services' configuration hashes; '*' for all"},
      {"format", 0, kText, "FORMAT", "yaml or json"},
      {"output", 'o', kText, "FILE", "Write to a file"},
      {"environment", 'E', kText, "NAME", "As this environment would run them (default: development)"},
      kJson,
  };
}

std::vector<Flag> psFlags() {
  return {
      {"all", 'a', kSwitch, "", "Also stopped containers and those of `run`"},
      kOneEnvironment,
      {"quiet", 'q', kSwitch, "", "Print only ids"},
      {"services", 0, kSwitch, "", "Print only the services' names"},
      {"status", 0, kList, "STATE", "Only containers in this state (running, exited, ...)"},
      {"filter", 0, kList, "status=STATE", "The same as --status"},
      {"format", 0, kText, "FORMAT", "table or json"},
      kJson,
      {"no-trunc", 0, kSwitch, "", "Do not shorten values"},
      {"orphans", 0, kSwitch, "", ""},
  };
}

std::vector<Flag> logsFlags() {
  return {
      {"follow", 'f', kSwitch, "", "Go on showing new lines"},
      {"since", 0, kText, "TIME", "Lines after a time (2026-11-24T08:00:00Z) or within a span (42m)"},
      {"until", 0, kText, "TIME", "Lines before a time or span"},
      {"grep", 0, kText, "PATTERN", "Only lines in which a regular expression (RE2) matches"},
      {"ignore-case", 'i', kSwitch, "", "... whatever the case of letters"},
      {"level", 0, kText, "LEVEL", "Only of this level or worse: debug, info, warn, error, fatal"},
      {"field", 0, kList, "NAME=VALUE", "Only lines with this field (JSON, logfmt, status=... of request lines)"},
      {"release", 0, kText, "RELEASE", "Only of this release (r12)"},
      {"request", 0, kText, "ID", "Only lines about this request, of all services"},
      {"tail", 'n', kText, "N", "Only the last N lines of each container (default: all)"},
      {"timestamps", 't', kSwitch, "", "Show times"},
      kOneEnvironment,
      {"index", 0, kNumber, "N", "Which container of a service that has several"},
      kNoColor,
      kNoLogPrefix,
      {"json", 0, kSwitch, "", "One JSON object a line, with its level, fields and request"},
  };
}

std::vector<Verb> stackVerbs() {
  return {
      {"up", "[OPTIONS] [SERVICE...]", "Create and start everything, wait until it is healthy, show the logs",
       "orbit up                      everything, with its logs; Ctrl-C stops it\n"
       "orbit up -d --build backend   rebuild and start one service and what it needs",
       upFlags()},
      {"down",
       "[OPTIONS] [SERVICE...]",
       "Stop and remove containers and networks",
       "orbit down                    keeps the volumes, so the data\n"
       "orbit down -v                 removes the volumes too\n"
       "orbit down -E production      ends what is deployed; asks for the environment's name",
       {{"volumes", 'v', kSwitch, "", "Remove named and anonymous volumes: their data is gone"},
        {"rmi", 0, kText, "WHICH", "Remove images: all, or local (those without a name of their own)"},
        {"remove-orphans", 0, kSwitch, "", "Remove containers of services that the files no longer name"},
        {"environment", 'E', kText, "NAME", "End this environment instead (default: development)"},
        {"yes", 'y', kSwitch, "", "Do not ask for the environment's name"},
        kTimeout}},
      {"ps", "[OPTIONS] [SERVICE...]", "List containers",
       "orbit ps -a                   stopped ones too\n"
       "orbit ps --json               one JSON object a line",
       psFlags()},
      {"logs", "[OPTIONS] [SERVICE...]", "Show what containers print",
       "orbit logs -f backend         follow one service\n"
       "orbit logs --since 10m -t     the last ten minutes, with times\n"
       "orbit logs api --since 2h --level error --grep 'timeout|refused'\n"
       "orbit logs --field status=500 --release r12\n"
       "orbit logs --request 01936d2c-4c1e-7a53-9b1e-2f8a4f6f1a2b",
       logsFlags()},
      {"start", "[OPTIONS] [SERVICE...]", "Start stopped containers", "orbit start db", {kTimeout}},
      {"stop", "[OPTIONS] [SERVICE...]", "Stop containers, keep them", "orbit stop -t 2 backend", {kTimeout}},
      {"restart",
       "[OPTIONS] [SERVICE...]",
       "Restart containers",
       "orbit restart backend",
       {kTimeout, {"no-deps", 0, kSwitch, "", ""}}},
  };
}

std::vector<Verb> commandVerbs() {
  return {
      {"exec", "[OPTIONS] SERVICE COMMAND [ARGUMENT...]", "Run a command in a running container",
       "orbit exec db psql -U postgres\n"
       "orbit exec -T db pg_dump -U postgres > dump.sql",
       execFlags(), 2, -1, true},
      {"run", "[OPTIONS] SERVICE [COMMAND] [ARGUMENT...]", "Run a command in a new container of a service",
       "orbit run --rm backend pytest\n"
       "orbit run --rm -e DEBUG=1 backend python manage.py migrate",
       runFlags(), 1, -1, true},
      {"build",
       "[OPTIONS] [SERVICE...]",
       "Build images",
       "orbit build --no-cache backend",
       {{"no-cache", 0, kSwitch, "", "Build every step anew"},
        {"pull", 0, kSwitch, "", "Pull newer base images first"},
        {"build-arg", 0, kList, "NAME=VALUE", "Set a build argument"},
        {"quiet", 'q', kSwitch, "", "Show no build output"}}},
      {"pull",
       "[OPTIONS] [SERVICE...]",
       "Pull images",
       "orbit pull --ignore-pull-failures",
       {{"ignore-pull-failures", 0, kSwitch, "", "Pull what can be pulled, pass over the rest"},
        {"include-deps", 0, kSwitch, "", "Also the images of what the services depend on"},
        {"quiet", 'q', kSwitch, "", "Show no progress"}}},
      {"config", "[OPTIONS] [SERVICE...]", "Check the compose files and print them in one normal form",
       "orbit config -q               says what is wrong, or nothing\n"
       "orbit config --services       the services' names",
       configFlags()},
  };
}

std::vector<Verb> otherVerbs() {
  return {
      {"ls",
       "[OPTIONS]",
       "List the projects on this engine",
       "orbit ls --json",
       {{"all", 'a', kSwitch, "", "Also projects of which nothing runs"},
        {"quiet", 'q', kSwitch, "", "Print only names"},
        {"format", 0, kText, "FORMAT", "table or json"},
        kJson},
       0,
       0},
      {"server status", "", "Show this home's background processes", "orbit server status", {kJson}, 0, 0},
      {"server stop",
       "[OPTIONS]",
       "Stop Orbit's background processes; containers go on running",
       "orbit server stop             containers keep running\n"
       "orbit server stop --all       takes every project of `orbit up` down first",
       {{"all", 0, kSwitch, "", "Take down every project that `orbit up` started, too; volumes are kept"}},
       0,
       0},
      {"version",
       "[OPTIONS]",
       "Show the versions of Orbit and of the engine",
       "orbit version --short",
       {{"short", 0, kSwitch, "", "Only Orbit's version"}, {"format", 0, kText, "FORMAT", "pretty or json"}, kJson},
       0,
       0},
      {"help", "[COMMAND]", "Explain a command", "orbit help up", {}, 0, 2},
  };
}

struct Replacement {
  std::string_view verb;
  std::string_view instead;
};

// Names and labels are Docker Compose's, so docker's own commands reach the same containers.
constexpr Replacement kComposeOnly[] = {
    {"attach", "Use `orbit logs -f SERVICE`"},
    {"commit", "Use `docker commit CONTAINER`"},
    {"cp", "Use `docker cp`; `orbit ps` shows the containers' names"},
    {"create", "Use `orbit up --no-start`"},
    {"events", "Use `docker events --filter label=com.docker.compose.project=NAME`"},
    {"export", "Use `docker export CONTAINER`"},
    {"images", "Use `orbit config --images` or `orbit ps`"},
    {"kill", "Use `orbit stop -t 0`"},
    {"pause", "Use `docker pause CONTAINER`"},
    {"port", "Use `orbit ps`, which shows the ports"},
    {"push", "Use `docker push IMAGE`"},
    {"rm", "Use `orbit down SERVICE`"},
    {"scale", "Use `orbit up -d --scale SERVICE=N`"},
    {"stats", "Use `docker stats`"},
    {"unpause", "Use `docker unpause CONTAINER`"},
    {"volumes", "Use `orbit config --volumes`"},
    {"wait", "Use `docker wait CONTAINER`"},
    {"watch", "Mount the source folder as a volume, or run `orbit up -d --build` after a change"},
    {"convert", "Use `orbit config`"},
};

constexpr std::string_view kComposeOnlyFlags[] = {"watch",
                                                  "menu",
                                                  "dry-run",
                                                  "parallel",
                                                  "compatibility",
                                                  "all-resources",
                                                  "build",
                                                  "cap-add",
                                                  "cap-drop",
                                                  "label",
                                                  "use-aliases",
                                                  "env-from-file",
                                                  "builder",
                                                  "check",
                                                  "memory",
                                                  "print",
                                                  "push",
                                                  "provenance",
                                                  "sbom",
                                                  "ssh",
                                                  "with-dependencies",
                                                  "policy",
                                                  "environment",
                                                  "models",
                                                  "variables",
                                                  "no-interpolate",
                                                  "no-normalize",
                                                  "no-path-resolution",
                                                  "no-consistency",
                                                  "no-env-resolution",
                                                  "lock-image-digests",
                                                  "resolve-image-digests",
                                                  "ignore-buildable"};

}  // namespace

const std::vector<Verb>& verbs() {
  static const std::vector<Verb> all = [] {
    std::vector<Verb> table = stackVerbs();
    for (auto& verb : commandVerbs()) table.push_back(verb);
    for (auto& verb : deployVerbs()) table.push_back(verb);
    for (auto& verb : edgeVerbs()) table.push_back(verb);
    for (auto& verb : metricsVerbs()) table.push_back(verb);
    for (auto& verb : domainVerbs()) table.push_back(verb);
    for (auto& verb : alertVerbs()) table.push_back(verb);
    for (auto& verb : variableVerbs()) table.push_back(verb);
    for (auto& verb : serverVerbs()) table.push_back(verb);
    for (auto& verb : otherVerbs()) table.push_back(verb);
    return table;
  }();
  return all;
}

const std::vector<Flag>& globalFlags() {
  static const std::vector<Flag> all = {
      {"file", 'f', kList, "FILE", "Compose file; again for each override (default: compose.yaml and its kin)"},
      {"project-name", 'p', kText, "NAME", "Project name (default: the folder's)"},
      {"project-directory", 0, kText, "FOLDER", "Folder that relative paths start from (default: the first file's)"},
      {"profile", 0, kList, "NAME", "Enable a profile"},
      {"env-file", 0, kList, "FILE", "Read variables from here instead of .env"},
      {"host", 0, kText, "USER@HOST", "Ask that machine's Orbit, over ssh, for verbs that can (local: this one's)"},
      {"ansi", 0, kText, "WHEN", "Colours and the live table: auto, always or never"},
      {"progress", 0, kText, "HOW", "Show progress as: auto, tty, plain or quiet"},
      {"verbose", 0, kSwitch, "", "Say what orbit itself is doing"},
      {"help", 'h', kSwitch, "", "Explain the command"},
      {"version", 'v', kSwitch, "", ""},
  };
  return all;
}

const Verb* findVerb(std::string_view name) {
  for (const auto& verb : verbs()) {
    if (verb.name == name) return &verb;
  }
  return nullptr;
}

const Flag* findFlag(const std::vector<Flag>& flags, std::string_view name) {
  for (const auto& flag : flags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

const Flag* findFlag(const std::vector<Flag>& flags, char letter) {
  for (const auto& flag : flags) {
    if (flag.letter == letter) return &flag;
  }
  return nullptr;
}

std::string_view composeOnlyVerb(std::string_view name) {
  for (const auto& [verb, instead] : kComposeOnly) {
    if (verb == name) return instead;
  }
  return {};
}

bool isComposeOnlyFlag(std::string_view name) {
  return std::find(std::begin(kComposeOnlyFlags), std::end(kComposeOnlyFlags), name) != std::end(kComposeOnlyFlags);
}

}  // namespace orbit::cli

#include "cli/target.h"

#include <filesystem>

#include "base/base.h"

namespace orbit::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProductionVerbs[] = {"deploy", "rollback", "promote", "releases",  "show",
                                                 "status", "open",     "alerts",  "incidents", "objectives"};
constexpr std::string_view kProductionGroups[] = {"domains ", "vars ", "alerts ", "incidents "};
constexpr std::string_view kVerbsOfBoth[] = {"ps",   "logs",  "requests", "metrics", "top",  "config",
                                             "down", "start", "restart",  "stop",    "exec", "run"};
constexpr std::string_view kVerbsAnywhere[] = {"ls", "version"};
constexpr std::string_view kDevelopment = "development";
constexpr std::string_view kLocal = "local";

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

Result<std::optional<RemoteHost>> named(const std::string& text) {
  if (text == kLocal) return std::optional<RemoteHost>();
  ORBIT_TRY(RemoteHost host, parseRemoteHost(text));
  return std::optional<RemoteHost>(std::move(host));
}

}  // namespace

Reach reachOf(std::string_view verb) {
  if (contains(kProductionVerbs, verb)) return Reach::kProduction;
  for (const auto group : kProductionGroups) {
    if (startsWith(verb, group)) return Reach::kProduction;
  }
  if (contains(kVerbsOfBoth, verb)) return Reach::kEither;
  return contains(kVerbsAnywhere, verb) ? Reach::kAnywhere : Reach::kHere;
}

std::string linkFolder(const CommandLine& line, const std::string& workingDir) {
  fs::path folder = workingDir;
  if (line.isSet("project-directory")) {
    folder = folder / line.text("project-directory");
  } else if (const auto files = line.list("file"); !files.empty()) {
    folder = (folder / files.front()).parent_path();
  }
  std::string text = folder.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

Result<std::optional<RemoteHost>> targetOf(const CommandLine& line, const Surroundings& around) {
  const std::string verb(line.verb->name);
  if (verb == "link" && !line.arguments.empty()) {
    ORBIT_TRY(RemoteHost host, parseRemoteHost(line.arguments.front()));
    if (line.isSet("port")) {
      ORBIT_TRY(host, parseRemoteHost(RemoteHost{host.user, host.host, line.number("port").value_or(0)}.text()));
    }
    return std::optional<RemoteHost>(std::move(host));
  }
  const Reach reach = reachOf(verb);
  if (line.isSet("host")) {
    if (reach != Reach::kHere) return named(line.text("host"));
    return Error{.code = Code::kInvalid,
                 .message = "`orbit " + verb + "` works on this machine only, so --host has no meaning for it",
                 .hint = "Leave --host out, or run it on that host: ssh HOST orbit " + verb};
  }
  const std::string environment = line.text("environment");
  const bool elsewhere = reach == Reach::kProduction
                             ? environment != kDevelopment
                             : reach == Reach::kEither && !environment.empty() && environment != kDevelopment;
  if (!elsewhere) return std::optional<RemoteHost>();
  if (const auto fromShell = around.lookUp("ORBIT_HOST"); fromShell && !fromShell->empty()) {
    auto host = named(*fromShell);
    if (host.ok()) return host;
    return std::move(host).error().within("ORBIT_HOST");
  }
  ORBIT_TRY(const auto entry, LinkFile(linkFilePath(around.lookUp)).find(around.folder));
  return entry ? std::optional<RemoteHost>(entry->host) : std::optional<RemoteHost>();
}

}  // namespace orbit::cli

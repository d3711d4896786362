#include "cli/help.h"

#include "base/base.h"

namespace orbit::cli {
namespace {

constexpr std::size_t kFlagColumn = 34;

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string flagLine(const Flag& flag) {
  std::string left = flag.letter == 0 ? "      " : std::string("  -") + flag.letter + ", ";
  left += "--" + std::string(flag.name);
  if (!flag.value.empty()) left += " " + std::string(flag.value);
  return padded(std::move(left), kFlagColumn) + " " + std::string(flag.help) + "\n";
}

std::string flagLines(const std::vector<Flag>& flags) {
  std::string out;
  for (const auto& flag : flags) {
    if (!flag.help.empty()) out += flagLine(flag);
  }
  return out;
}

std::string verbLine(std::string_view name) {
  const Verb* verb = findVerb(name);
  ORBIT_CHECK(verb != nullptr);
  return "  " + padded(std::string(name), 18) + std::string(verb->summary) + "\n";
}

std::string group(std::string_view title, std::initializer_list<std::string_view> names) {
  std::string out = "\n" + std::string(title) + "\n";
  for (auto name : names) out += verbLine(name);
  return out;
}

}  // namespace

std::string overview() {
  std::string out =
      "Orbit runs a compose project on this machine's Docker Engine.\n"
      "In a folder with a compose.yaml or docker-compose.yml:\n"
      "\n"
      "  orbit up         start everything, wait until it is healthy, show the logs\n"
      "  orbit down       stop and remove it; data in volumes stays\n"
      "  orbit deploy     put it into production, watched, and taken back by itself if users suffer\n";
  out += group("Run", {"up", "down", "start", "stop", "restart"});
  out += group("Deploy", {"deploy", "rollback", "promote", "releases", "show", "status", "open"});
  out += group("Look", {"ps", "logs", "requests", "metrics", "top", "ls", "config"});
  out += group("Be told", {"alerts", "incidents", "objectives", "alerts test", "incidents ack", "incidents silence",
                           "incidents resolve"});
  out += group("Work inside", {"exec", "run", "build", "pull"});
  out += group("The edge", {"edge", "edge check", "trust"});
  out += group("Domains", {"domains add", "domains list", "domains check", "domains remove", "domains authority"});
  out += group("Variables", {"vars set", "vars list", "vars unset", "vars revoke", "vars import"});
  out += group("A server", {"link", "server install", "server uninstall", "doctor"});
  out += group("Orbit itself", {"server status", "server stop", "version", "help"});
  out += "\nFlags for every command\n" + flagLines(globalFlags());
  out += "\nCommands and flags mean what they mean in Docker Compose. `orbit help up` explains one, with examples.\n";
  return out;
}

std::string verbHelp(const Verb& verb) {
  std::string out = std::string(verb.summary) + "\n\nUsage: " +
                    std::string(trim("orbit " + std::string(verb.name) + " " + std::string(verb.usage))) + "\n";
  const std::string flags = flagLines(verb.flags);
  if (!flags.empty()) out += "\nFlags\n" + flags;
  out += "\nExamples\n";
  for (auto line : split(verb.examples, '\n')) out += "  " + std::string(line) + "\n";
  out += "\nFlags for every command (-f, -p, --profile, --env-file, ...): `orbit help`\n";
  return out;
}

}  // namespace orbit::cli

#include "cli/ssh_problem.h"

#include "base/base.h"

namespace orbit::cli {
namespace {

constexpr int kSshFailed = 255;
constexpr int kNotExecutable = 126;
constexpr int kNotInPath = 127;
constexpr int kWrongUsage = 2;
constexpr std::size_t kLinesShown = 6;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// What ssh was told on its way, without the lines that carry no reason; the last few of them.
std::string shown(const std::string& said) {
  std::vector<std::string> lines;
  for (const auto line : split(said, '\n')) {
    const std::string text(trim(line));
    const bool frame = text.empty() || text.find_first_not_of("@ ") == std::string::npos;
    if (!frame && !startsWith(text, "Warning: Permanently added") && !startsWith(text, "debug")) lines.push_back(text);
  }
  if (lines.size() > kLinesShown) lines.erase(lines.begin(), lines.end() - kLinesShown);
  return join(lines, "\n");
}

std::string sshCommand(const RemoteHost& host) {
  std::string out = "ssh ";
  if (host.port != 0) out += "-p " + std::to_string(host.port) + " ";
  return out + (host.user.empty() ? "" : host.user + "@") + host.host;
}

// As known_hosts and ssh-keygen write it.
std::string knownName(const RemoteHost& host) {
  return host.port == 0 || host.port == 22 ? host.host : "'[" + host.host + "]:" + std::to_string(host.port) + "'";
}

Error hostKey(const RemoteHost& host, bool changed) {
  const std::string scan = "ssh-keyscan " + (host.port == 0 ? "" : "-p " + std::to_string(host.port) + " ") + host.host;
  if (changed) {
    return {.code = Code::kDenied,
            .message = host.text() +
                       " shows another host key than the one in known_hosts: the machine was set up anew, "
                       "or somebody is in between",
            .hint =
                "Compare the key on the server (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); when it is "
                "right: ssh-keygen -R " +
                knownName(host) + ", then `" + sshCommand(host) + "` once"};
  }
  return {.code = Code::kDenied,
          .message = "The host key of " + host.text() + " is not known here, so ssh does not go on",
          .hint = "Run `" + sshCommand(host) + "` once and compare the fingerprint; without a terminal: " + scan +
                  " >> ~/.ssh/known_hosts"};
}

Error denied(const RemoteHost& host, const SshEnd& end) {
  std::string hint = "Give your key to the server: ssh-copy-id " +
                     (host.port == 0 ? "" : "-p " + std::to_string(host.port) + " ") +
                     (host.user.empty() ? "" : host.user + "@") + host.host;
  if (!end.asked) hint += ". Without a terminal the key needs an agent or no passphrase";
  if (host.user.empty()) hint += ". No user was named: orbit link USER@" + host.host;
  return {.code = Code::kDenied,
          .message = "ssh to " + host.text() + " was denied: the server takes none of the keys offered",
          .hint = std::move(hint)};
}

Error sshFailed(const RemoteHost& host, const SshEnd& end) {
  const std::string& said = end.said;
  if (has(said, "REMOTE HOST IDENTIFICATION HAS CHANGED")) return hostKey(host, true);
  if (has(said, "Host key verification failed")) return hostKey(host, false);
  if (has(said, "Permission denied (") || has(said, "Too many authentication failures")) return denied(host, end);
  if (has(said, "Could not resolve hostname")) {
    return {.code = Code::kUnavailable,
            .message = "The name " + host.host + " does not resolve",
            .hint = "Look for a typing mistake; `" + sshCommand(host) + "` must work"};
  }
  std::string message = "Cannot reach " + host.text() + " by ssh";
  if (has(said, "Connection refused")) message += ": nothing listens on that port";
  if (has(said, "timed out")) message += ": no answer in time";
  if (has(said, "No route to host") || has(said, "Network is unreachable")) message += ": there is no way to it";
  std::string hint = "Is the machine up, is its sshd on port " + std::to_string(host.port == 0 ? 22 : host.port) +
                     ", does a firewall stand between? `" + sshCommand(host) + "` must work";
  const std::string lines = shown(said);
  if (!lines.empty()) hint += "; ssh said:\n" + lines;
  return {.code = Code::kUnavailable, .message = std::move(message), .hint = std::move(hint)};
}

}  // namespace

Error sshProblem(const RemoteHost& host, const SshEnd& end) {
  if (end.status == kSshFailed) return sshFailed(host, end);
  const std::string lines = shown(end.said);
  if (end.status == kNotInPath || end.status == kNotExecutable || has(end.said, "command not found")) {
    return {.code = Code::kNotFound,
            .message = "There is no Orbit on " + host.text() + " (or not in the PATH of commands run by ssh)",
            .hint = "Copy the binary there and install it: scp $(command -v orbit) " +
                    (host.user.empty() ? "" : host.user + "@") + host.host +
                    ":orbit, then on the server: sudo ./orbit server install"};
  }
  if (end.status == kWrongUsage && has(end.said, "Unknown command")) {
    return {.code = Code::kUnsupported,
            .message = "The Orbit on " + host.text() + " is older than remote work",
            .hint = "Install this version there: sudo ./orbit server install"};
  }
  return {.code = Code::kUnavailable,
          .message = "The Orbit on " + host.text() + " does not answer",
          .hint = lines.empty() ? "On the server: orbit doctor" : "It said:\n" + lines};
}

}  // namespace orbit::cli

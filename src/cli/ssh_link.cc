#include "cli/ssh_link.h"

#include <unistd.h>

#include <charconv>

#include "base/base.h"
#include "cli/ssh_problem.h"
#include "cli/terminal.h"

namespace orbit::cli {
namespace {

constexpr std::string_view kGreets = "orbit-api ";
constexpr std::size_t kBeforeGreetingMax = 64 << 10;
constexpr std::size_t kAnswerMax = 64 << 10;
constexpr Duration kEndTime = std::chrono::seconds(10);

// A stream whose first bytes have been read already.
class Greeted final : public net::Stream {
 public:
  Greeted(std::unique_ptr<net::ChildStream> child, std::string unread)
      : child_(std::move(child)), unread_(std::move(unread)) {}

  net::Task<Result<std::size_t>> read(std::span<char> buffer, net::Wait wait) override {
    if (unread_.empty()) co_return co_await child_->read(buffer, wait);
    const std::size_t count = unread_.copy(buffer.data(), buffer.size());
    unread_.erase(0, count);
    co_return count;
  }
  net::Task<Status> write(std::string_view bytes, net::Wait wait) override { return child_->write(bytes, wait); }
  Status shutdownWrite() override { return child_->shutdownWrite(); }
  net::Task<Status> closedByPeer(net::Wait wait) override { return child_->closedByPeer(wait); }
  bool quiet() override { return unread_.empty() && child_->quiet(); }

 private:
  std::unique_ptr<net::ChildStream> child_;
  std::string unread_;
};

Result<std::unique_ptr<net::ChildStream>> startSsh(net::Loop& loop, const RemoteHost& host,
                                                   const std::vector<std::string>& remote, bool mayAsk) {
  net::Command command;
  command.arguments = sshArguments(host, remote, mayAsk);
  auto child = net::ChildStream::start(loop, command);
  if (child.ok() || child.error().code != Code::kNotFound) return child;
  return Error{.code = Code::kNotFound,
               .message = "ssh is not installed here, and " + host.text() + " is reached by it",
               .hint = "Install it: apt-get install openssh-client"};
}

net::Task<Error> whyItEnded(net::Loop& loop, net::ChildStream& child, RemoteHost host, bool asked, net::Wait wait) {
  const net::Wait limited = wait.until(loop.clock().now() + kEndTime);
  auto exit = co_await child.ended(limited);
  if (!exit.ok()) co_return std::move(exit).error();
  const SshEnd end{.status = exit->status, .said = child.said(), .asked = asked};
  co_return sshProblem(host, end);
}

}  // namespace

bool mayAskUser() {
  return isTerminal(STDIN_FILENO) && isTerminal(STDERR_FILENO);
}

std::vector<std::string> sshArguments(const RemoteHost& host, const std::vector<std::string>& remote, bool mayAsk) {
  std::vector<std::string> out = {
      "ssh", "-T", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"};
  if (!mayAsk) out.insert(out.end(), {"-o", "BatchMode=yes"});
  if (host.port != 0) out.insert(out.end(), {"-p", std::to_string(host.port)});
  if (!host.user.empty()) out.insert(out.end(), {"-l", host.user});
  out.insert(out.end(), {"--", host.host});
  out.insert(out.end(), remote.begin(), remote.end());
  return out;
}

std::string greetingLine() {
  return std::string(kGreets) + std::to_string(kApiNumber) + " " + buildVersion() + "\n";
}

std::optional<Greeting> parseGreeting(std::string_view line) {
  if (!startsWith(line, kGreets)) return std::nullopt;
  line.remove_prefix(kGreets.size());
  Greeting out;
  const auto [end, failed] = std::from_chars(line.data(), line.data() + line.size(), out.api);
  if (failed != std::errc() || end == line.data() + line.size() || *end != ' ') return std::nullopt;
  out.version = trim(line.substr(static_cast<std::size_t>(end - line.data())));
  return out;
}

Status checkGreeting(const RemoteHost& host, const Greeting& greeting) {
  if (greeting.api == kApiNumber) return {};
  const bool older = greeting.api < kApiNumber;
  return Error{.code = Code::kUnsupported,
               .message = "The Orbit on " + host.text() + " is " + greeting.version + " and speaks API " +
                          std::to_string(greeting.api) + "; this one is " + buildVersion() + " and speaks API " +
                          std::to_string(kApiNumber),
               .hint = older ? "Install this version on the server: sudo ./orbit server install"
                             : "Install the server's version here"};
}

net::Task<Result<std::unique_ptr<net::Stream>>> dialOverSsh(net::Loop& loop, RemoteHost host, net::Wait wait) {
  const bool mayAsk = mayAskUser();
  const std::vector<std::string> remote = {"orbit", "api-stdio"};
  ORBIT_CO_TRY(auto child, startSsh(loop, host, remote, mayAsk));
  std::string seen;
  std::string buffer(4096, '\0');
  for (;;) {
    const std::span<char> room(buffer);
    const auto count = co_await child->read(room, wait);
    if (!count.ok() && (count.error().code == Code::kCancelled || count.error().code == Code::kTimeout)) {
      co_return count.error();
    }
    if (!count.ok() || *count == 0) co_return co_await whyItEnded(loop, *child, host, mayAsk, wait);
    seen.append(buffer, 0, *count);
    for (auto end = seen.find('\n'); end != std::string::npos; end = seen.find('\n')) {
      const auto greeting = parseGreeting(std::string_view(seen).substr(0, end));
      seen.erase(0, end + 1);
      if (!greeting) continue;
      ORBIT_CO_TRY_STATUS(checkGreeting(host, *greeting));
      co_return std::unique_ptr<net::Stream>(std::make_unique<Greeted>(std::move(child), std::move(seen)));
    }
    if (seen.size() > kBeforeGreetingMax) {
      co_return Error{.code = Code::kProtocol,
                      .message = "What answers on " + host.text() + " does not greet as an Orbit does",
                      .hint = "A login script that prints much, or a forced command, may stand in the way: ssh " +
                              host.host + " orbit version"};
    }
  }
}

net::Task<Result<std::string>> runOverSsh(net::Loop& loop, RemoteHost host, std::vector<std::string> remote,
                                          net::Wait wait) {
  const bool mayAsk = mayAskUser();
  ORBIT_CO_TRY(auto child, startSsh(loop, host, remote, mayAsk));
  const Status ended = child->shutdownWrite();
  std::string out;
  std::string buffer(4096, '\0');
  while (ended.ok() && out.size() < kAnswerMax) {
    const std::span<char> room(buffer);
    const auto count = co_await child->read(room, wait);
    if (!count.ok()) co_return count.error();
    if (*count == 0) break;
    out.append(buffer, 0, *count);
  }
  const net::Wait limited = wait.until(loop.clock().now() + kEndTime);
  ORBIT_CO_TRY(const net::Exit exit, co_await child->ended(limited));
  if (exit.status == 0) co_return out;
  const SshEnd end{.status = exit.status, .said = child->said(), .asked = mayAsk};
  co_return sshProblem(host, end);
}

}  // namespace orbit::cli

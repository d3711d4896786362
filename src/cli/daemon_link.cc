#include "cli/daemon_link.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "base/base.h"

namespace orbit::cli {
namespace {

constexpr Duration kStartTime = std::chrono::seconds(5);
constexpr Duration kNoticeTime = std::chrono::seconds(1);
constexpr Duration kRetryStep = std::chrono::milliseconds(5);
constexpr Duration kHoldTime = std::chrono::seconds(15);
constexpr std::size_t kLogLines = 12;
constexpr std::streamoff kLogBytes = 16 << 10;
constexpr std::size_t kHoldAnswerMax = 64 << 10;

}  // namespace

std::string lastLines(const std::string& path, std::size_t lines) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg();
  const std::streamoff from = std::max<std::streamoff>(0, size - kLogBytes);
  std::string text(static_cast<std::size_t>(size - from), '\0');
  in.seekg(from);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t at = text.size();
  for (std::size_t n = 0; n < lines && at != std::string::npos && at > 0; ++n) at = text.rfind('\n', at - 1);
  return at == std::string::npos || at == 0 ? text : text.substr(at + 1);
}

DaemonLink::DaemonLink(net::Loop& loop, const model::Home& home, std::string executable,
                       std::function<void(const std::string&)> say, Where where)
    : loop_(loop), home_(home), executable_(std::move(executable)), say_(std::move(say)), where_(where) {}

net::Task<Result<std::string>> DaemonLink::runningBuild(ApiClient& api, net::Wait wait) {
  ORBIT_CO_TRY(const format::Json body, co_await api.get("/v1/version", wait));
  co_return body["version"].asString();
}

net::Task<Status> DaemonLink::ensure(ApiClient& api, net::Wait wait) {
  if (where_ == Where::kElsewhere) co_return Status();
  auto build = co_await runningBuild(api, wait);
  if (!build.ok() && build.error().code == Code::kUnavailable) {
    if (home_.shared) co_return notRunningForAll();
    co_return co_await start(api, wait);
  }
  if (!build.ok()) {
    if (build.error().code == Code::kDenied) {
      build.error().hint = "The folder " + home_.run + " belongs to another user; set ORBIT_HOME to one of your own";
    }
    co_return std::move(build).error();
  }
  // The server's own is not this user's to restart.
  if (*build == buildVersion() || home_.shared) co_return Status();
  say_("Starting the background process anew: it is " + *build + ", this is " + buildVersion() + "\n");
  ORBIT_CO_TRY(const std::string answer, co_await tellHold("restart daemon\n", wait));
  // Beside the present one, so nobody is refused, and nobody waits for it here.
  ORBIT_CO_TRY(const std::string replacing, co_await tellHold("restart edge\n", wait));
  co_return co_await waitForBuild(api, wait);
}

// After a restart the old daemon may answer once more before it goes.
net::Task<Status> DaemonLink::waitForBuild(ApiClient& api, net::Wait wait) {
  const Instant until = loop_.clock().now() + kHoldTime;
  std::string seen;
  while (loop_.clock().now() < until) {
    auto build = co_await runningBuild(api, wait.until(until));
    if (build.ok() && *build == buildVersion()) co_return Status();
    if (build.ok()) seen = *build;
    if (!build.ok() && build.error().code == Code::kCancelled) co_return std::move(build).error();
    ORBIT_CO_TRY_STATUS(co_await loop_.sleep(kRetryStep, wait));
  }
  co_return Error{.code = Code::kUnavailable,
                  .message = seen.empty() ? "The background process did not come back after a restart"
                                          : "The background process is still build " + seen,
                  .hint = "orbit server stop, then run the command again"};
}

net::Task<Status> DaemonLink::start(ApiClient& api, net::Wait wait) {
  const Instant began = loop_.clock().now();
  std::error_code failed;
  const ::mode_t mask = ::umask(0077);
  std::filesystem::create_directories(std::filesystem::path(home_.logFile()).parent_path(), failed);
  ::umask(mask);
  net::Command command;
  command.arguments = {executable_, "hold"};
  command.workingDir = "/";
  ORBIT_CO_TRY(const int pid, net::spawnDetached(command, home_.logFile()));
  bool told = false;
  bool ended = false;
  while (loop_.clock().now() < began + kStartTime) {
    auto build = co_await runningBuild(api, wait.until(began + kStartTime));
    if (build.ok()) co_return Status();
    if (build.error().code == Code::kCancelled) co_return std::move(build).error();
    const Duration passed = loop_.clock().now() - began;
    if (passed > kNoticeTime && !std::exchange(told, true)) say_("Starting Orbit's background process ...\n");
    // When it ended at once, another hold may hold the lock and come up a moment later; or it failed.
    if (!ended && ::waitpid(pid, nullptr, WNOHANG) == pid) ended = true;
    if (ended && passed > kNoticeTime) break;
    ORBIT_CO_TRY_STATUS(co_await loop_.sleep(kRetryStep, wait));
  }
  co_return notStarted();
}

Error DaemonLink::notRunningForAll() const {
  return Error{.code = Code::kUnavailable,
               .message = "This server's Orbit does not answer at " + home_.apiSocket(),
               .hint = "sudo systemctl restart orbit; `orbit doctor` says more"};
}

Error DaemonLink::notStarted() const {
  const std::string log = lastLines(home_.logFile(), kLogLines);
  std::string hint = "Its log is " + home_.logFile();
  if (!log.empty()) hint += ", the last lines:\n" + log;
  return Error{.code = Code::kUnavailable, .message = "Orbit's background process did not start", .hint = hint};
}

net::Task<Result<std::string>> DaemonLink::tellHold(std::string command, net::Wait wait) {
  const net::Wait limited = wait.until(loop_.clock().now() + kHoldTime);
  net::Address address = net::Address::unixSocket(home_.holdSocket());
  auto connected = co_await net::connect(loop_, address, limited);
  if (!connected.ok()) {
    if (home_.shared && connected.error().code == Code::kDenied) {
      connected.error().message = "This is the machine's own Orbit, which only root starts and stops";
      connected.error().hint = "sudo systemctl stop orbit (or restart, start)";
    }
    co_return std::move(connected).error();
  }
  const std::unique_ptr<net::Stream> stream = std::move(connected).value();
  ORBIT_CO_TRY_STATUS(co_await stream->write(command, limited));
  std::string answer;
  char piece[4096];
  while (answer.size() < kHoldAnswerMax) {
    const std::span<char> room(piece);
    auto count = co_await stream->read(room, limited);
    if (!count.ok() || *count == 0) break;  // hold that stops may close before it answers
    answer.append(piece, *count);
    if (!answer.empty() && answer.back() == '\n') break;
  }
  co_return answer;
}

}  // namespace orbit::cli

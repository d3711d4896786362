// top: the last minutes of all services, and what their containers and the machine use, again and again.
#include <unistd.h>

#include "base/base.h"
#include "cli/environment_calls.h"
#include "cli/metrics_text.h"
#include "cli/runners.h"
#include "cli/terminal.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr Duration kEvery = std::chrono::seconds(2);
constexpr std::int64_t kWindowUs = 15 * 60'000'000LL, kStepUs = 60'000'000;
constexpr char kInterruptKey = 3;  // Ctrl-C, as a raw terminal gives it
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l", kLeave = "\x1b[?25h\x1b[?1049l", kHome = "\x1b[H\x1b[2J";

net::Task<Result<std::string>> screen(Session& session) {
  const std::int64_t nowUs = session.loop.clock().wallUs();
  std::string query = environmentQuery(session.line.text("project-name"), session.line.text("environment"));
  query += "&sinceUs=" + std::to_string(nowUs - kWindowUs) + "&stepUs=" + std::to_string(kStepUs);
  ORBIT_CO_TRY(const Json metrics, co_await askDaemon(session, "/v1/metrics?" + query));
  ORBIT_CO_TRY(const Json containers, co_await askDaemon(session, "/v1/containers"));
  co_return topScreen(metrics, containers, nowUs, session.outStyle);
}

// As much as fits; a raw terminal wants carriage returns.
std::string fitting(const std::string& text) {
  const Size size = terminalSize(STDOUT_FILENO);
  std::string out;
  std::size_t lines = 0;
  for (const auto line : split(text, '\n')) {
    if (++lines >= size.lines) break;
    out += std::string(line) + "\x1b[K\r\n";
  }
  return out;
}

// True: somebody pressed q or Ctrl-C, or the terminal is gone.
net::Task<bool> quitWithin(Session& session, Duration span) {
  const net::Wait wait = session.wait().until(session.now() + span);
  const Status ready = co_await session.loop.readable(STDIN_FILENO, wait);
  if (!ready.ok()) co_return session.interrupted.requested();
  char key = 0;
  const ssize_t got = ::read(STDIN_FILENO, &key, 1);
  co_return got <= 0 || key == 'q' || key == 'Q' || key == kInterruptKey;
}

net::Task<Status> live(Session& session) {
  const auto raw = RawMode::enter(STDIN_FILENO);
  writeAll(STDOUT_FILENO, kEnter);
  Status outcome;
  bool over = false;
  while (!over) {
    const auto text = co_await screen(session);
    if (!text.ok()) {
      outcome = text.error();
      break;
    }
    writeAll(STDOUT_FILENO, std::string(kHome) + fitting(*text + "\nq quits"));
    over = co_await quitWithin(session, kEvery);
  }
  writeAll(STDOUT_FILENO, kLeave);
  co_return outcome;
}

}  // namespace

net::Task<int> runTop(Session& session) {
  if (session.line.json()) {
    const auto answer = co_await askDaemon(session, "/v1/containers");
    if (!answer.ok()) co_return failWith(session, answer.error());
    session.presenter.print(answer->dump(2) + "\n");
    co_return kDone;
  }
  if (isTerminal(STDIN_FILENO) && isTerminal(STDOUT_FILENO)) {
    const Status shown = co_await live(session);
    if (!shown.ok()) co_return failWith(session, shown.error());
    co_return kDone;
  }
  const auto text = co_await screen(session);
  if (!text.ok()) co_return failWith(session, text.error());
  session.presenter.print(*text);
  co_return kDone;
}

}  // namespace orbit::cli

// exec and run: a process in a container with this terminal as its own.
#include <unistd.h>

#include <cstdlib>

#include "base/base.h"
#include "cli/request.h"
#include "cli/runners.h"
#include "cli/stream_link.h"
#include "cli/terminal.h"

namespace orbit::cli {
namespace {

using format::Json;

std::optional<std::string> shellVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

bool onTerminal() {
  return isTerminal(STDIN_FILENO) && isTerminal(STDOUT_FILENO);
}

// Joins an upgraded stream and passes the process's exit status on.
net::Task<int> joined(Session& session, std::unique_ptr<net::Stream> stream, LinkOptions options) {
  const auto status = co_await joinTerminal(session, std::move(stream), options);
  if (session.interrupted.requested()) co_return kInterrupted;
  if (!status.ok()) {
    session.show(status.error());
    co_return kFailed;
  }
  co_return *status;
}

}  // namespace

net::Task<int> runExec(Session& session) {
  const CommandLine& line = session.line;
  Json body = execRequest(line, onTerminal(), shellVariable);
  const LinkOptions options{.tty = body["tty"].asBool(), .input = body["stdin"].asBool(), .signals = false};
  // The snapshot grows on a listing first: an upgrade has no rounds.
  Json listing = namedProject(line);
  Session::OnEvent receive = [&session](const Event& event) {
    if (std::holds_alternative<ProblemEvent>(event)) session.presenter.handle(event, session.now());
  };
  const auto listed = co_await session.project("/v1/ps", std::move(listing), session.wait(), std::move(receive));
  if (!listed.ok() || listed->outcome != "ok") co_return session.finish(listed);
  body.set("snapshot", session.snapshot.json());
  auto stream = co_await session.api.upgrade("/v1/exec", std::move(body), session.wait());
  if (!stream.ok()) {
    session.show(stream.error());
    co_return session.interrupted.requested() ? kInterrupted : kFailed;
  }
  if (*stream == nullptr) co_return kDone;
  co_return co_await joined(session, std::move(*stream), options);
}

net::Task<int> runRun(Session& session) {
  const CommandLine& line = session.line;
  auto body = runRequest(line, onTerminal(), shellVariable);
  if (!body.ok()) {
    session.show(body.error());
    co_return kWrongUsage;
  }
  const Json& wanted = (*body)["options"];
  const LinkOptions options{.tty = wanted["tty"].asBool(), .input = wanted["stdin"].asBool(), .signals = true};
  session.snapshot.services = {line.arguments.front()};
  session.startTicking();
  std::string container;
  Session::OnEvent receive = [&](const Event& event) {
    if (const auto* created = std::get_if<CreatedEvent>(&event)) {
      container = created->container;
    } else {
      session.presenter.handle(event, session.now());
    }
  };
  const auto result = co_await session.project("/v1/run", std::move(*body), session.wait(), std::move(receive));
  const int status = session.finish(result);
  if (status != kDone) co_return status;
  if (line.on("detach")) {
    session.presenter.print(container + "\n");
    co_return kDone;
  }
  Json attach = Json::object({{"container", container}, {"tty", options.tty}, {"remove", line.on("rm")}});
  auto stream = co_await session.api.upgrade("/v1/attach", std::move(attach), session.wait());
  if (!stream.ok() || *stream == nullptr) {
    session.show(stream.ok() ? Error{.code = Code::kProtocol, .message = "The daemon did not attach"} : stream.error());
    co_return session.interrupted.requested() ? kInterrupted : kFailed;
  }
  co_return co_await joined(session, std::move(*stream), options);
}

}  // namespace orbit::cli

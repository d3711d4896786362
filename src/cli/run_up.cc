// up: brings everything up, then, attached, shows the logs until everything ended or the user interrupts.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/base.h"
#include "cli/log_printer.h"
#include "cli/request.h"
#include "cli/runners.h"
#include "cli/screen_text.h"
#include "cli/terminal.h"

namespace orbit::cli {
namespace {

using format::Json;

// Where `orbit trust` installs the local authority on Debian.
constexpr const char* kTrusted = "/usr/local/share/ca-certificates";

// Once a home, unless some Orbit's authority is trusted here.
bool hintsAtTrust(const model::Home& home) {
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(kTrusted, failed)) {
    if (startsWith(file.path().filename().string(), "orbit-local-")) return false;
  }
  const std::string told = home.state + "/told-of-trust";
  if (std::filesystem::exists(told, failed)) return false;
  std::ofstream(told).flush();
  return true;
}

// One attached `up`: three things run side by side on the loop (the logs, the stop, the user's patience).
class Attached {
 public:
  Attached(Session& session, bool attach)
      : session_(session),
        attach_(attach),
        printer_({.style = session.outStyle,
                  .prefix = !session.line.on("no-log-prefix"),
                  .timestamps = session.line.on("timestamps")}),
        changed_(session.loop) {}

  net::Task<int> run(Json request) {
    session_.onInterrupt = [this] { onInterrupt(); };
    const std::int64_t beganUs = session_.loop.clock().wallUs();
    Session::OnEvent receive = [this](const Event& event) { onUpEvent(event); };
    const net::Wait wait{Instant::max(), &upCancel_};
    const auto result = co_await session_.project("/v1/up", std::move(request), wait, std::move(receive));
    if (interrupts_ > 0) {
      session_.settle();
      if (attach_ && !services_.empty()) co_await stopUntilDone();
      co_return kInterrupted;
    }
    if (result.ok() && result->outcome == "ok" && session_.presenter.showsTable()) co_await addListing();
    const int status = session_.finish(result);
    if (status == kDone) tellUrls();
    if (status != kDone || !attach_) co_return status;
    co_return co_await followLogs(beganUs);
  }

 private:
  void tellUrls() {
    if (urls_.empty()) return;
    std::vector<std::vector<std::string>> table;
    for (const auto& [service, url] : urls_) table.push_back({" " + service, url});
    session_.presenter.say("\n" + columnsText(table));
    if (hintsAtTrust(session_.home)) {
      session_.presenter.say(" Browsers warn until this machine trusts Orbit's local authority: orbit trust\n");
    }
    session_.presenter.say("\n");
  }

  void onUpEvent(const Event& event) {
    if (const auto* url = std::get_if<UrlEvent>(&event)) urls_[url->service] = url->url;
    if (const auto* step = std::get_if<StepEvent>(&event); step != nullptr && step->kind == "container") {
      if (step->state == "started" || step->state == "unchanged" || step->state == "healthy" ||
          step->state == "starting") {
        services_.insert(step->service);
        if (shows(step->service)) printer_.expect(step->service, step->name);
      }
    }
    session_.presenter.handle(event, session_.now());
  }

  // Ports, images and health for the last frame of the table.
  net::Task<void> addListing() {
    Json body = namedProject(session_.line);
    body.set("all", true);
    body.set("environment", "development");
    const net::Wait wait{Instant::max(), &upCancel_};
    Session::OnEvent receive = [this](const Event& event) {
      if (std::holds_alternative<RowEvent>(event)) session_.presenter.handle(event, session_.now());
    };
    const auto listed = co_await session_.project("/v1/ps", std::move(body), wait, std::move(receive));
    (void)listed;  // only for looks: what failed shows itself in the next command
  }

  // Whether a service's lines are wanted here.
  bool shows(const std::string& service) const {
    const CommandLine& line = session_.line;
    const auto in = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), service) != names.end();
    };
    if (in(line.list("no-attach"))) return false;
    if (line.isSet("attach")) return in(line.list("attach"));
    return line.arguments.empty() || line.on("attach-dependencies") || in(line.arguments);
  }

  net::Task<int> followLogs(std::int64_t beganUs) {
    std::vector<std::string> names;
    for (const auto& service : services_) {
      if (shows(service)) names.push_back(service);
    }
    session_.presenter.say("Logs of " + (names.empty() ? "all services" : join(names, ", ")) +
                           "; Ctrl-C stops everything\n");
    Json body = namedProject(session_.line);
    body.set("follow", true);
    body.set("environment", "development");
    body.set("sinceUs", beganUs);
    net::TaskGroup group(session_.loop);
    group.add(readLogs(std::move(body)));
    while (!logsEnded_ && interrupts_ == 0 && !ending_) {
      const auto woken = co_await changed_.wait();
      if (!woken.ok()) break;
    }
    if (!logsEnded_) co_await stopUntilDone();
    logsCancel_.request();
    co_await group.join();
    session_.settle();
    co_return exitStatus();
  }

  int exitStatus() const {
    if (exitStatus_) return *exitStatus_;
    if (interrupts_ > 0) return kInterrupted;
    return logsFailed_ ? kFailed : kDone;
  }

  net::Task<void> readLogs(Json body) {
    const net::Wait wait{Instant::max(), &logsCancel_};
    Session::OnEvent receive = [this](const Event& event) { onLogEvent(event); };
    const auto result = co_await session_.project("/v1/logs", std::move(body), wait, std::move(receive));
    if (!result.ok() && !logsCancel_.requested()) {
      session_.presenter.handle(Event(problemFrom(result.error())), session_.now());
      logsFailed_ = true;
    }
    logsEnded_ = true;
    changed_.notifyAll();
  }

  void onLogEvent(const Event& event) {
    if (const auto* log = std::get_if<LogEvent>(&event)) {
      if (shows(log->service)) session_.presenter.print(printer_.line(*log));
    } else if (const auto* container = std::get_if<ContainerEvent>(&event)) {
      onContainer(*container);
    }
  }

  void onContainer(const ContainerEvent& event) {
    if (event.state != "exited" || !services_.contains(event.service)) return;
    if (shows(event.service)) session_.presenter.say(printer_.line(event));
    const CommandLine& line = session_.line;
    const std::string from = line.text("exit-code-from");
    if (event.service == from && !from.empty()) exitStatus_ = event.exitCode;
    const bool any = line.on("abort-on-container-exit") || !from.empty();
    const bool failed = line.on("abort-on-container-failure") && event.exitCode != 0;
    if ((!any && !failed) || ending_ || interrupts_ > 0) return;
    if (from.empty()) exitStatus_ = event.exitCode;
    ending_ = true;
    session_.presenter.say("Stopping everything, because " + event.service + " ended\n");
    changed_.notifyAll();
  }

  void onInterrupt() {
    ++interrupts_;
    upCancel_.request();
    if (interrupts_ == 1 && attach_) session_.presenter.say("\nStopping; press Ctrl-C again to kill\n");
    if (interrupts_ == 2 && attach_) {
      session_.presenter.say("\nKilling\n");
      stopCancel_.request();
    }
    if (interrupts_ > 2 || (interrupts_ > 1 && !attach_)) {
      session_.presenter.showCursor();
      std::_Exit(kInterrupted);
    }
    changed_.notifyAll();
  }

  // Stops what this `up` started; a second interrupt cancels the wait and kills.
  net::Task<void> stopUntilDone() {
    const net::Wait gentle{Instant::max(), &stopCancel_};
    Json body = stopRequest();
    const auto timeout = session_.line.number("timeout");
    if (timeout) body.set("timeoutSeconds", *timeout);
    auto result = co_await session_.project("/v1/stop", std::move(body), gentle, onStopEvent());
    if (stopCancel_.requested()) {
      Json kill = stopRequest();
      kill.set("timeoutSeconds", 0);
      const net::Wait patient;
      result = co_await session_.project("/v1/stop", std::move(kill), patient, onStopEvent());
    }
    if (!result.ok()) session_.presenter.handle(Event(problemFrom(result.error())), session_.now());
    session_.settle();
  }

  Json stopRequest() const {
    Json body = namedProject(session_.line);
    body.set("services", Json::strings({services_.begin(), services_.end()}));
    return body;
  }

  Session::OnEvent onStopEvent() {
    return [this](const Event& event) { session_.presenter.handle(event, session_.now()); };
  }

  Session& session_;
  bool attach_;
  LogPrinter printer_;
  net::Condition changed_;
  net::Cancel upCancel_, logsCancel_, stopCancel_;
  std::map<std::string, std::string> urls_;  // by service
  std::set<std::string> services_;           // those this `up` started or found running
  std::optional<int> exitStatus_;
  int interrupts_ = 0;
  bool logsEnded_ = false, logsFailed_ = false;
  bool ending_ = false;  // --abort-on-container-exit and its kin
};

}  // namespace

net::Task<int> runUp(Session& session) {
  const CommandLine& line = session.line;
  auto request = upRequest(line);
  if (!request.ok()) {
    session.show(request.error());
    co_return kWrongUsage;
  }
  session.snapshot.services = line.arguments;
  const bool attach = !line.on("detach") && !line.on("wait") && !line.on("no-start") && !line.isSet("wait-timeout");
  session.startTicking();
  net::TaskGroup beside(session.loop);
  beside.add(warnOfTrackedEnvFile(session));
  Attached attached(session, attach);
  const int status = co_await attached.run(std::move(*request));
  co_await beside.join();
  session.onInterrupt = {};
  co_return status;
}

}  // namespace orbit::cli

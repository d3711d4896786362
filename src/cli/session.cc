#include "cli/session.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/base.h"
#include "cli/terminal.h"
#include "pack/pack.h"

namespace orbit::cli {
namespace {

using format::Json;
namespace fs = std::filesystem;

constexpr int kRoundsMax = 32;
constexpr Duration kFrameStep = std::chrono::milliseconds(100);
constexpr Duration kGitTime = std::chrono::seconds(2);

std::optional<std::string> environmentVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::string currentFolder() {
  std::error_code failed;
  return fs::current_path(failed).string();
}

bool wantsColor(const CommandLine& line, int descriptor) {
  const std::string ansi = line.text("ansi");
  if (ansi == "always") return true;
  if (ansi == "never" || line.on("no-color") || environmentVariable("NO_COLOR").value_or("") != "") return false;
  return isTerminal(descriptor) && environmentVariable("TERM").value_or("") != "dumb";
}

Presenter::Mode modeFor(const CommandLine& line) {
  const std::string progress = line.text("progress");
  if (progress == "quiet" || line.on("quiet")) return Presenter::Mode::kQuiet;
  if (progress == "plain" || line.text("ansi") == "never") return Presenter::Mode::kPlain;
  if (progress == "tty") return Presenter::Mode::kLive;
  const bool able = isTerminal(STDERR_FILENO) && environmentVariable("TERM").value_or("") != "dumb";
  return able ? Presenter::Mode::kLive : Presenter::Mode::kPlain;
}

Presenter::Options presenterOptions(const CommandLine& line, const Snapshot& snapshot) {
  Presenter::Options options;
  options.mode = modeFor(line);
  options.style.color = wantsColor(line, STDERR_FILENO);
  options.showBuild = !line.on("quiet-build") && !line.on("quiet");
  options.showPull = !line.on("quiet-pull");
  options.place.workingDir = snapshot.workingDir();
  options.place.source = [&snapshot](const std::string& path) { return snapshot.source(path); };
  return options;
}

// A file without a name, for a packed context.
Result<int> temporaryFile() {
  std::string path = environmentVariable("TMPDIR").value_or("/tmp") + "/orbit-context-XXXXXX";
  const int descriptor = ::mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) {
    return Error{.code = Code::kIo,
                 .message = "Cannot make a temporary file for the build context: " + std::string(std::strerror(errno)),
                 .hint = "Set TMPDIR to a folder with room"};
  }
  ::unlink(path.c_str());
  return descriptor;
}

Status writeFile(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return Error{.code = errno == ENOSPC ? Code::kNoSpace : Code::kIo,
                   .message = "Cannot write the packed build context: " + std::string(std::strerror(errno)),
                   .hint = "Set TMPDIR to a folder with room, or leave files out with a .dockerignore"};
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

bool insideRepository(fs::path folder) {
  std::error_code ignored;
  for (;; folder = folder.parent_path()) {
    if (fs::exists(folder / ".git", ignored)) return true;
    if (folder == folder.parent_path()) return false;
  }
}

}  // namespace

Surface standardSurface() {
  return {.out = [](std::string_view text) { writeAll(STDOUT_FILENO, text); },
          .err = [](std::string_view text) { writeAll(STDERR_FILENO, text); },
          .size = [] { return terminalSize(STDERR_FILENO); }};
}

Session::Session(net::Loop& theLoop, const CommandLine& theLine, const model::Home& theHome,
                 const std::string& executable, std::optional<RemoteHost> theHost)
    : loop(theLoop),
      line(theLine),
      home(theHome),
      host(std::move(theHost)),
      api(host ? ApiClient(theLoop, *host) : ApiClient(theLoop, theHome.apiSocket())),
      snapshot(theLine, currentFolder(), environmentVariable),
      presenter(standardSurface(), presenterOptions(theLine, snapshot), theLoop.clock().now()),
      link(
          theLoop, theHome, executable, [this](const std::string& text) { presenter.say(text); },
          host ? DaemonLink::Where::kElsewhere : DaemonLink::Where::kHere),
      outStyle{wantsColor(theLine, STDOUT_FILENO)},
      errStyle{wantsColor(theLine, STDERR_FILENO)} {
  for (const int signal : {SIGINT, SIGTERM}) {
    loop.onSignal(signal, [this](int) { interrupt(); });
  }
}

void Session::interrupt() {
  ++interrupts_;
  if (onInterrupt) return onInterrupt();
  if (interrupts_ > 1) {
    presenter.showCursor();
    std::_Exit(kInterrupted);
  }
  interrupted.request();
}

void Session::startTicking() {
  if (!presenter.live() || ticking_) return;
  ticking_ = true;
  loop.spawn(tickForever());
  // Stopped by Ctrl-Z: the shell gets its cursor back first.
  loop.onSignal(SIGTSTP, [this](int) {
    presenter.showCursor();
    ::kill(::getpid(), SIGSTOP);
  });
}

void Session::watchSize() {
  loop.onSignal(SIGWINCH, [this](int) {
    if (onResize) onResize();
  });
}

net::Task<void> Session::tickForever() {
  for (;;) {
    presenter.tick(now());
    const auto slept = co_await loop.sleep(kFrameStep);
    if (!slept.ok()) co_return;
  }
}

net::Task<Result<ResultEvent>> Session::project(std::string target, Json body, net::Wait wait, OnEvent onEvent) {
  if (!ready_) {
    ORBIT_CO_TRY_STATUS(co_await link.ensure(api, wait));
    ready_ = true;
  }
  Json contexts = Json::object();
  for (int round = 0; round < kRoundsMax; ++round) {
    body.set("snapshot", snapshot.json());
    if (!contexts.members().empty()) body.set("contexts", contexts);
    NeedEvent need;
    OnEvent receive = [&](const Event& event) {
      if (const auto* asked = std::get_if<NeedEvent>(&event)) {
        need = *asked;
      } else if (onEvent) {
        onEvent(event);
      } else {
        presenter.handle(event, now());
      }
    };
    Json request = body;
    ORBIT_CO_TRY(const ResultEvent result, co_await api.stream(target, std::move(request), std::move(receive), wait));
    if (result.outcome != "need") co_return result;
    const bool grown = snapshot.add(need);
    for (const auto& context : need.contexts) {
      NeededContext wanted = context;
      ORBIT_CO_TRY(std::string token, co_await packAndUpload(std::move(wanted), wait));
      contexts.set(context.service, std::move(token));
    }
    if (!grown && need.contexts.empty()) {
      co_return Error{.code = Code::kInternal, .message = "The daemon asks again for what it was sent"};
    }
  }
  co_return Error{.code = Code::kLimit,
                  .message = "The compose files name each other more than 32 levels deep",
                  .hint = "Look for an include or extends that leads back to itself"};
}

net::Task<Result<std::string>> Session::packAndUpload(NeededContext context, net::Wait wait) {
  ORBIT_CO_TRY(const int file, temporaryFile());
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{file};
  StepEvent step{.kind = "image",
                 .name = "",
                 .service = context.service,
                 .state = "building",
                 .detail = "packing the build context"};
  presenter.handle(Event(step), now());
  Status packed;
  std::function<void()> work = [&packed, &context, file] {
    const pack::ContextOptions options{.dockerfile = context.dockerfile, .dockerfileInline = context.dockerfileInline};
    packed =
        pack::packContext(context.folder, options, [file](std::string_view bytes) { return writeFile(file, bytes); });
  };
  co_await loop.offload(std::move(work));
  if (!packed.ok()) co_return std::move(packed).error().within("service " + context.service);
  step.total = ::lseek(file, 0, SEEK_END);
  step.detail = "sending the build context";
  std::function<void(std::int64_t)> onSent = [this, step](std::int64_t sent) {
    StepEvent progress = step;
    progress.current = sent;
    presenter.handle(Event(progress), now());
  };
  co_return co_await api.upload(file, step.total, std::move(onSent), wait);
}

void Session::settle() {
  presenter.close(now());
}

void Session::show(const Error& error) {
  presenter.handle(Event(problemFrom(error)), now());
  settle();
}

int Session::finish(const Result<ResultEvent>& result) {
  if (interrupted.requested()) {
    settle();
    return kInterrupted;
  }
  if (!result.ok()) {
    show(result.error());
    return kFailed;
  }
  settle();
  return result->outcome == "ok" ? kDone : kFailed;
}

net::Task<void> warnOfTrackedEnvFile(Session& session) {
  const std::string path = session.snapshot.envFile();
  const std::string folder = fs::path(path).parent_path().string();
  if (path.empty() || !insideRepository(folder)) co_return;
  net::Command command;
  command.arguments = {"git", "-C", folder, "ls-files", "--error-unmatch", ".env"};
  net::Input noInput;
  net::Output dropped = [](bool, std::string_view) {};
  const net::Wait limited = session.wait().until(session.now() + kGitTime);
  const auto exit = co_await net::runCommand(session.loop, command, noInput, dropped, limited);
  if (!exit.ok() || exit->status != 0) co_return;
  WarningEvent warning{.message = "git tracks .env, so its secrets go wherever the repository goes",
                       .hint = "git rm --cached .env, add .env to .gitignore, and change the secrets in it",
                       .at = {path, 0, 0}};
  session.presenter.handle(Event(warning), session.now());
}

}  // namespace orbit::cli

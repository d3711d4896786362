// link: which host this folder's production lives on; api-stdio: the far end of it.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/base.h"
#include "cli/links.h"
#include "cli/runners.h"
#include "cli/ssh_link.h"
#include "cli/target.h"

namespace orbit::cli {
namespace {

using format::Json;
namespace fs = std::filesystem;

constexpr Duration kGitTime = std::chrono::seconds(10);
constexpr std::size_t kBridgePiece = 64 << 10;

std::optional<std::string> shellVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

LinkFile linkFile() {
  return LinkFile(linkFilePath(shellVariable));
}

int failWith(Session& session, const Error& error) {
  session.show(error);
  return session.interrupted.requested() ? kInterrupted : kFailed;
}

struct GitAnswer {
  bool ok = false;
  std::string out;
};

// `words` by spaces: none of them has one.
net::Task<GitAnswer> git(Session& session, std::string folder, std::string words) {
  net::Command command;
  command.arguments = {"git", "-C", std::move(folder)};
  for (const auto word : split(words, ' ')) command.arguments.emplace_back(word);
  GitAnswer answer;
  net::Input noInput;
  net::Output take = [&answer](bool isError, std::string_view bytes) {
    if (!isError) answer.out += bytes;
  };
  const net::Wait limited = session.wait().until(session.now() + kGitTime);
  const auto exit = co_await net::runCommand(session.loop, std::move(command), std::move(noInput), take, limited);
  answer.ok = exit.ok() && exit->status == 0;
  answer.out = std::string(trim(answer.out));
  co_return answer;
}

// Compose's rule for a folder's name as a project's name.
std::string projectNameOf(const std::string& folder) {
  std::string name;
  for (const char c : lower(fs::path(folder).filename().string())) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (word || (!name.empty() && (c == '_' || c == '-'))) name += c;
  }
  return name.empty() ? "project" : name;
}

// As the far daemon reads the files; the folder's name when they cannot be read yet.
net::Task<std::string> projectName(Session& session, std::string folder) {
  std::string name;
  Session::OnEvent receive = [&name](const Event& event) {
    if (const auto* config = std::get_if<ConfigEvent>(&event)) name = config->body["project"].asString();
  };
  Json body = Json::object();
  const auto result = co_await session.project("/v1/config", std::move(body), session.wait(), std::move(receive));
  if (!result.ok() || name.empty()) name = projectNameOf(folder);
  co_return name;
}

// The git remote `orbit`, when it is one that `orbit link` made.
bool oursToChange(const std::string& url) {
  return startsWith(url, "ssh://") && url.find("/.orbit/") != std::string::npos && endsWith(url, ".git");
}

// Says how the branch is pushed, or why it cannot be.
net::Task<std::string> addGitRemote(Session& session, std::string folder, std::string project) {
  const GitAnswer inside = co_await git(session, folder, "rev-parse --git-dir");
  if (!inside.ok)
    co_return std::string("No git repository here, so nothing to push; `orbit deploy` works without one\n");
  std::vector<std::string> prepare = {"orbit", "git-prepare", project};
  const auto path = co_await runOverSsh(session.loop, *session.host, prepare, session.wait());
  if (!path.ok()) {
    std::string text = "`git push orbit` is not set up: " + path.error().message + "\n";
    if (!path.error().hint.empty()) text += "  " + path.error().hint + "\n";
    co_return text;
  }
  // The last line: a login script may print before it.
  const std::string_view printed = trim(*path);
  const std::string url = session.host->url(printed.substr(printed.rfind('\n') + 1));
  const GitAnswer present = co_await git(session, folder, "remote get-url orbit");
  if (present.ok && present.out != url && !oursToChange(present.out)) {
    co_return "The git remote `orbit` is " + present.out + " and was left so; push to " + url + "\n";
  }
  const std::string change = std::string("remote ") + (present.ok ? "set-url" : "add") + " orbit " + url;
  const GitAnswer changed = co_await git(session, folder, change);
  if (!changed.ok) co_return "git did not take the remote " + url + "\n";
  co_return std::string("git push orbit main    deploys what was pushed\n");
}

net::Task<int> makeLink(Session& session) {
  const std::string folder = session.snapshot.projectFolder();
  const auto version = co_await session.api.get("/v1/version?engine=true", session.wait());
  if (!version.ok()) co_return failWith(session, version.error());
  const std::string project = co_await projectName(session, folder);
  LinkEntry entry{folder, *session.host};
  if (const auto set = linkFile().set(entry); !set.ok()) co_return failWith(session, set.error());
  std::string gitText;
  if (session.line.on("git", true)) gitText = co_await addGitRemote(session, folder, project);
  session.settle();
  if (session.line.json()) {
    const Json out =
        Json::object({{"host", session.host->url()}, {"folder", folder}, {"project", project}, {"daemon", *version}});
    session.presenter.print(out.dump(2) + "\n");
    co_return kDone;
  }
  const Json& engine = (*version)["engine"];
  std::string text = "Linked " + folder + " to " + session.host->text() + ": Orbit " +
                     (*version)["version"].asString() + ", " +
                     (engine.isNull() ? "its engine does not answer" : "Docker Engine " + engine["version"].asString());
  text += "\norbit deploy           deploys this folder there; production verbs speak to it\n" + gitText;
  session.presenter.print(text);
  if (const Json& problem = (*version)["engineProblem"]; !problem.isNull()) {
    session.presenter.handle(Event(problemFrom(problem)), session.now());
    session.settle();
  }
  co_return kDone;
}

int showLink(Session& session, const std::optional<LinkEntry>& entry) {
  const std::string fromShell = shellVariable("ORBIT_HOST").value_or("");
  if (session.line.json()) {
    const Json out = Json::object({{"host", entry ? Json(entry->host.url()) : Json()},
                                   {"folder", entry ? Json(entry->folder) : Json()},
                                   {"ORBIT_HOST", fromShell.empty() ? Json() : Json(fromShell)}});
    session.presenter.print(out.dump(2) + "\n");
  } else {
    std::string text = entry ? entry->host.text() + "   production of " + entry->folder + "\n"
                             : "Not linked: production of this folder lives on this machine. `orbit link USER@HOST`\n";
    if (!fromShell.empty()) text += "ORBIT_HOST=" + fromShell + " goes before it\n";
    session.presenter.print(text);
  }
  return entry || !fromShell.empty() ? kDone : kFailed;
}

net::Task<int> removeLink(Session& session, std::optional<LinkEntry> entry) {
  if (!entry) {
    session.presenter.say("Not linked\n");
    co_return kDone;
  }
  if (const auto removed = linkFile().remove(entry->folder); !removed.ok())
    co_return failWith(session, removed.error());
  const GitAnswer present = co_await git(session, entry->folder, "remote get-url orbit");
  const bool ours = present.ok && oursToChange(present.out) && startsWith(present.out, entry->host.url("/"));
  if (ours) (void)co_await git(session, entry->folder, "remote remove orbit");
  session.presenter.say(entry->folder + " is no longer linked to " + entry->host.text() +
                        "; what runs there goes on running\n");
  co_return kDone;
}

// One direction; the end of either is the end of both.
net::Task<void> carry(net::Stream& from, net::Stream& to, net::Cancel& over) {
  const net::Wait wait{Instant::max(), &over};
  std::string buffer(kBridgePiece, '\0');
  for (;;) {
    const std::span<char> room(buffer);
    const auto count = co_await from.read(room, wait);
    if (!count.ok() || *count == 0) break;
    const std::string_view piece(buffer.data(), *count);
    const auto written = co_await to.write(piece, wait);
    if (!written.ok()) break;
  }
  over.request();
}

}  // namespace

net::Task<int> runLink(Session& session) {
  if (session.host) co_return co_await makeLink(session);
  const auto entry = linkFile().find(session.snapshot.projectFolder());
  if (!entry.ok()) co_return failWith(session, entry.error());
  if (session.line.on("remove")) co_return co_await removeLink(session, *entry);
  co_return showLink(session, *entry);
}

net::Task<int> runApiStdio(Session& session) {
  const auto ready = co_await session.link.ensure(session.api, session.wait());
  if (!ready.ok()) co_return failWith(session, ready.error());
  const net::Address address = net::Address::unixSocket(session.home.apiSocket());
  auto daemon = co_await net::connect(session.loop, address, session.wait());
  if (!daemon.ok()) co_return failWith(session, daemon.error());
  const auto input = net::adopt(session.loop, ::dup(STDIN_FILENO));
  const auto output = net::adopt(session.loop, ::dup(STDOUT_FILENO));
  const std::string greeting = greetingLine();
  const auto greeted = co_await output->write(greeting, session.wait());
  if (!greeted.ok()) co_return kFailed;
  net::Cancel over(&session.interrupted);
  net::TaskGroup both(session.loop);
  both.add(carry(*input, **daemon, over));
  both.add(carry(**daemon, *output, over));
  co_await both.join();
  co_return kDone;
}

}  // namespace orbit::cli

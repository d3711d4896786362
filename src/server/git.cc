// The receiving side of `git push`: a bare repository a project and user, ~/.orbit/PROJECT.git, whose post-receive hook
// is `orbit git-hook`. Its exit status cannot refuse the push any more; what became of the deploy is told in words.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "net/net.h"
#include "server/push.h"
#include "server/server.h"

namespace orbit::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kInputBytesMax = 1 << 20;
constexpr std::size_t kComposeBytesMax = 4 << 20;
constexpr std::size_t kCommitShown = 12;
constexpr std::string_view kComposeNames[] = {"compose.yaml", "compose.yml", "docker-compose.yml",
                                              "docker-compose.yaml"};
constexpr const char* kCheckouts = "orbit-checkouts";
constexpr std::string_view kHook =
    "#!/bin/sh\n"
    "# Written by `orbit link`.\n"
    "exec orbit git-hook \"$@\"\n";

int fail(const Error& error) {
  std::fprintf(stderr, "orbit: %s\n", error.text().c_str());
  return 1;
}

// To the pusher, who may have gone away: the deploy goes on.
void tell(const std::string& text) {
  const std::string line = text + "\n";
  (void)!::write(STDOUT_FILENO, line.data(), line.size());
}

struct Answer {
  bool ok = false;
  std::string out, said;
};

Answer run(net::Loop& loop, net::Command command) {
  Answer answer;
  net::Output output = [&answer](bool isError, std::string_view bytes) {
    std::string& to = isError ? answer.said : answer.out;
    if (to.size() < kComposeBytesMax) to += bytes;
  };
  const auto exit = loop.runTask(net::runCommand(loop, std::move(command), nullptr, std::move(output), net::Wait()));
  answer.ok = exit.ok() && exit->status == 0;
  if (!exit.ok()) answer.said = exit.error().message;
  return answer;
}

Answer git(net::Loop& loop, const std::string& repository, std::vector<std::string> words,
           std::map<std::string, std::string> environment = {}) {
  net::Command command;
  command.arguments = {"git", "--git-dir=" + repository};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  command.environment = std::move(environment);
  return run(loop, std::move(command));
}

Result<std::string> homeFolder() {
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return std::string(home);
  return Error{.code = Code::kInvalid, .message = "HOME is not set, so there is no folder for the repository"};
}

bool isProjectName(const std::string& name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789_-";
  return !name.empty() && name.size() <= 128 && name.find_first_not_of(kLetters) == std::string::npos &&
         name.front() != '-' && name.front() != '_';
}

// Replaced whole.
Status writeFile(const std::string& path, std::string_view text, ::mode_t mode) {
  const std::string next = path + "." + std::to_string(::getpid());
  const int file = ::open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  const bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool done = written && ::fchmod(file, mode) == 0 && ::rename(next.c_str(), path.c_str()) == 0;
  const int number = errno;
  if (file >= 0) ::close(file);
  if (done) return {};
  return Error{.code = Code::kIo, .message = "cannot write " + path + ": " + std::strerror(number)};
}

// One push: each branch in turn, into the environment it belongs to.
class Push {
 public:
  Push(net::Loop& loop, std::string repository) : loop_(loop), repository_(std::move(repository)) {
    project_ = fs::path(repository_).stem().string();
  }

  int deployAll(const std::vector<PushedRef>& refs) {
    removeLeftCheckouts();
    for (const auto& ref : refs) take(ref);
    int status = 0;
    for (const auto& [environment, ref] : wanted_) status = std::max(status, deploy(environment, ref));
    return status;
  }

 private:
  // What is to be deployed of one ref; of two branches of one environment the later.
  void take(const PushedRef& ref) {
    const std::string branch = ref.branch();
    if (branch.empty()) return tell(ref.ref + " is no branch: nothing is deployed");
    if (ref.deleted()) return tell(branch + " is deleted: nothing is deployed, and what runs goes on running");
    const auto environment = environmentOf(ref);
    if (!environment.ok()) return tell(branch + ": " + environment.error().text() + ": nothing is deployed");
    if (!*environment) {
      return tell(branch + " belongs to no environment, so nothing is deployed; x-orbit.branches in the compose file " +
                  "says which does, for example {main: production, " + branch + ": staging}");
    }
    const auto present = wanted_.find(**environment);
    if (present != wanted_.end()) {
      tell(branch + " and " + present->second.branch() + " both belong to " + **environment + ": " + branch +
           " is deployed");
    }
    wanted_[**environment] = ref;
  }

  Result<std::optional<std::string>> environmentOf(const PushedRef& ref) {
    for (const auto name : kComposeNames) {
      const Answer file = git(loop_, repository_, {"cat-file", "blob", ref.after + ":" + std::string(name)});
      if (file.ok) return environmentFor(ref.branch(), file.out, std::string(name));
    }
    return environmentFor(ref.branch(), "", "");
  }

  int deploy(const std::string& environment, const PushedRef& ref) {
    const std::string commit = ref.after.substr(0, kCommitShown);
    tell("Deploying " + commit + " (" + ref.branch() + ") to " + environment);
    const std::string base = repository_ + "/" + kCheckouts + "/" + commit + "-" + std::to_string(::getpid());
    const std::string folder = base + "/" + project_;
    int status = 1;
    if (const Status out = checkOut(ref.after, base, folder); !out.ok()) {
      tell(out.error().text());
    } else if (git(loop_, repository_, {"rev-parse", "--verify", "--quiet", ref.ref}).out.substr(0, ref.after.size()) !=
               ref.after) {
      tell("A newer push of " + ref.branch() + " took its place");
      status = 5;
    } else {
      status = runDeploy(environment, ref, base, folder);
      tell(commit + " " + outcomeText(status));
    }
    std::error_code ignored;
    fs::remove_all(base, ignored);
    return status;
  }

  // The files without a .git, so that the same commit makes the same build context; beside them a git folder of this
  // checkout (gitrepository-layout(5): HEAD and commondir), for those who ask which commit this is.
  Status checkOut(const std::string& commit, const std::string& base, const std::string& folder) {
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (!failed) fs::create_directories(base + "/git", failed);
    if (failed) return Error{.code = Code::kIo, .message = "cannot make " + folder + ": " + failed.message()};
    ORBIT_TRY_STATUS(writeFile(base + "/git/HEAD", commit + "\n", 0600));
    ORBIT_TRY_STATUS(writeFile(base + "/git/commondir", repository_ + "\n", 0600));
    Answer done = git(loop_, base + "/git", {"read-tree", commit}, {{"GIT_WORK_TREE", folder}});
    if (done.ok) done = git(loop_, base + "/git", {"checkout-index", "--all", "--force"}, {{"GIT_WORK_TREE", folder}});
    if (!done.ok) {
      return Error{.code = Code::kIo, .message = "cannot check out " + commit + ": " + std::string(trim(done.said))};
    }
    if (fs::exists(folder + "/.gitmodules", failed)) tell("Submodules are not checked out");
    return {};
  }

  int runDeploy(const std::string& environment, const PushedRef& ref, const std::string& base,
                const std::string& folder) {
    net::Command command;
    command.arguments = {"orbit",  "-p", project_,    "--progress", "plain",
                         "deploy", "-E", environment, "--commit",   ref.after};
    command.workingDir = folder;
    command.environment = {{"GIT_DIR", base + "/git"},
                           {"GIT_WORK_TREE", folder},
                           {"ORBIT_HOST", "local"},
                           {"PWD", folder},
                           {"GITHUB_REF_NAME", ref.branch()}};  // the branch, where HEAD is a commit
    net::Output output = [](bool, std::string_view bytes) {
      (void)!::write(STDOUT_FILENO, bytes.data(), bytes.size());
    };
    const auto exit =
        loop_.runTask(net::runCommand(loop_, std::move(command), nullptr, std::move(output), net::Wait()));
    if (exit.ok()) return exit->status;
    tell(exit.error().text());
    return 1;
  }

  // Of pushes that were killed; their process is gone.
  void removeLeftCheckouts() {
    std::error_code failed;
    fs::directory_iterator entries(repository_ + "/" + kCheckouts, failed);
    for (const fs::directory_iterator end; !failed && entries != end; entries.increment(failed)) {
      const std::string name = entries->path().filename().string();
      const int pid = std::atoi(name.substr(name.rfind('-') + 1).c_str());
      std::error_code ignored;
      if (pid <= 0 || (::kill(pid, 0) != 0 && errno == ESRCH)) fs::remove_all(entries->path(), ignored);
    }
  }

  net::Loop& loop_;
  std::string repository_, project_;
  std::map<std::string, PushedRef> wanted_;  // by environment
};

}  // namespace

int gitPrepare(const std::string& project) {
  if (!isProjectName(project)) {
    return fail({.code = Code::kInvalid, .message = "'" + project + "' is no project's name"});
  }
  const auto home = homeFolder();
  if (!home.ok()) return fail(home.error());
  ::umask(0077);
  const std::string repository = *home + "/.orbit/" + project + ".git";
  std::error_code failed;
  fs::create_directories(fs::path(repository).parent_path(), failed);
  net::Loop loop;
  net::Command init;
  init.arguments = {"git", "init", "--quiet", "--bare", "--initial-branch=main", repository};
  const Answer made = run(loop, std::move(init));
  if (!made.ok) {
    return fail({.code = Code::kIo,
                 .message = "cannot make " + repository + ": " + std::string(trim(made.said)),
                 .hint = "git 2.28 or later must be installed on the server"});
  }
  // A shallow clone, as a workflow's checkout is, may push; a branch may be deleted, whichever it is.
  for (const char* key : {"receive.shallowUpdate=true", "receive.denyDeleteCurrent=ignore"}) {
    const auto words = split(key, '=');
    const Answer set = git(loop, repository, {"config", std::string(words[0]), std::string(words[1])});
    if (!set.ok) return fail({.code = Code::kIo, .message = "cannot configure " + repository + ": " + set.said});
  }
  fs::create_directories(repository + "/hooks", failed);
  if (const Status hook = writeFile(repository + "/hooks/post-receive", kHook, 0755); !hook.ok())
    return fail(hook.error());
  std::printf("%s\n", repository.c_str());
  return 0;
}

int gitHook() {
  ::signal(SIGPIPE, SIG_IGN);
  std::string input;
  char piece[4096];
  for (ssize_t count = 1; count > 0 && input.size() < kInputBytesMax;) {
    count = ::read(STDIN_FILENO, piece, sizeof piece);
    if (count > 0) input.append(piece, static_cast<std::size_t>(count));
  }
  std::error_code failed;
  const std::string repository = fs::current_path(failed).string();
  // git's own for the repository; the commands below say theirs.
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY",
                           "GIT_ALTERNATE_OBJECT_DIRECTORIES"}) {
    ::unsetenv(name);
  }
  net::Loop loop;
  return Push(loop, repository).deployAll(parsePush(input));
}

}  // namespace orbit::server

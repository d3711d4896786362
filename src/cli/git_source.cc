#include "cli/git_source.h"

#include <cstdlib>

#include "base/base.h"

namespace orbit::cli {
namespace {

constexpr auto kGitTime = std::chrono::seconds(5);
constexpr std::size_t kBytesMax = 256 * 1024;
constexpr char kBetween = '\x1f';

// What a git command prints; nothing when it fails.
net::Task<std::optional<std::string>> git(net::Loop& loop, std::string folder, std::vector<std::string> arguments,
                                          net::Wait wait) {
  net::Command command;
  command.arguments = {"git", "-C", std::move(folder)};
  command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
  command.environment = {{"GIT_TERMINAL_PROMPT", "0"}, {"GIT_OPTIONAL_LOCKS", "0"}};
  std::string text;
  net::Input noInput;
  net::Output output = [&text](bool isError, std::string_view bytes) {
    if (!isError && text.size() < kBytesMax) text += bytes;
  };
  const net::Wait limited = wait.until(loop.clock().now() + kGitTime);
  const auto exit = co_await net::runCommand(loop, std::move(command), noInput, output, limited);
  if (!exit.ok() || exit->status != 0) co_return std::nullopt;
  co_return text;
}

bool isHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace

format::Json GitSource::json() const {
  return format::Json::object(
      {{"commit", commit}, {"message", message}, {"author", author}, {"branch", branch}, {"dirty", dirty}});
}

GitSource parseGit(const std::string& text) {
  GitSource source;
  const auto parts = split(trim(text), kBetween);
  if (parts.size() < 3) return source;
  source.commit = parts[0];
  source.author = parts[1];
  source.message = parts[2];
  return source;
}

net::Task<GitSource> readGit(net::Loop& loop, std::string folder, net::Wait wait) {
  std::vector<std::string> head = {"log", "-1", "--format=%H%x1f%an%x1f%s"};
  const auto said = co_await git(loop, folder, std::move(head), wait);
  if (!said) co_return GitSource();
  GitSource source = parseGit(*said);
  std::vector<std::string> branch = {"symbolic-ref", "--short", "-q", "HEAD"};
  const auto named = co_await git(loop, folder, std::move(branch), wait);
  if (named) source.branch = trim(*named);
  // A workflow checks out a commit, not a branch.
  if (const char* name = std::getenv("GITHUB_REF_NAME"); source.branch.empty() && name != nullptr) source.branch = name;
  std::vector<std::string> status = {"status", "--porcelain", "--", "."};
  const auto changed = co_await git(loop, folder, std::move(status), wait);
  source.dirty = changed && !trim(*changed).empty();
  co_return source;
}

net::Task<std::vector<std::string>> readCommits(net::Loop& loop, std::string folder, std::string from, std::string to,
                                                net::Wait wait) {
  std::vector<std::string> commits;
  if (from.empty() || to.empty() || from == to || !isHex(from) || !isHex(to)) co_return commits;
  std::vector<std::string> log = {"log", "--format=%h %s (%an)", "-n", "100", from + ".." + to, "--"};
  const auto said = co_await git(loop, std::move(folder), std::move(log), wait);
  if (!said) co_return commits;
  for (const auto line : split(trim(*said), '\n')) {
    if (!line.empty()) commits.emplace_back(line);
  }
  co_return commits;
}

Result<GitSource> namedCommit(GitSource source, const std::string& name) {
  if (name.empty()) return source;
  if (name.size() < 7 || name.size() > 64 || !isHex(name)) {
    return Error{.code = Code::kInvalid,
                 .message = "--commit needs a commit's name, not '" + name + "'",
                 .hint = "For example --commit $(git rev-parse HEAD)"};
  }
  const std::string wanted = lower(name);
  if (source.commit.empty()) {
    source.commit = wanted;
    return source;
  }
  if (startsWith(source.commit, wanted)) return source;
  return Error{.code = Code::kConflict,
               .message = "--commit names " + wanted.substr(0, 12) + ", but " + source.commit.substr(0, 12) +
                          " is checked out here",
               .hint = "Check it out first: git checkout " + wanted + "; or leave --commit out"};
}

}  // namespace orbit::cli

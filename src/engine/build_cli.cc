#include "engine/build_cli.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <deque>

#include "base/text.h"
#include "engine/engine_error.h"
#include "engine/limits.h"

namespace orbit::engine {
namespace {

using net::Task;
using net::Wait;

constexpr std::size_t kQueueLinesMax = 10'000;
constexpr std::size_t kLineBytesMax = 4'000;

// A build argument of such a name would reach the client itself if it went by the environment.
bool changesClient(std::string_view name) {
  for (std::string_view prefix : {"DOCKER_", "BUILDKIT_", "BUILDX_", "LD_", "SSH_", "XDG_"}) {
    if (startsWith(name, prefix)) return true;
  }
  return name == "PATH" || name == "HOME" || name == "TMPDIR" || name == "PWD";
}

Task<std::string> outputOf(net::Loop& loop, net::Command command, Wait wait) {
  std::string text;
  net::Output output = [&text](bool isError, std::string_view bytes) {
    if (!isError && text.size() < kErrorBytesMax) text += bytes;
  };
  const auto exit = co_await net::runCommand(loop, std::move(command), net::Input(), std::move(output), wait);
  co_return exit.ok() && exit->status == 0 ? text : std::string();
}

// "#4 sha256:b4ec…": a step's digest, which older clients print after its heading, says nothing to a person.
bool isDigestOnly(std::string_view line) {
  constexpr std::string_view kDigest = " sha256:";
  constexpr std::size_t kHexDigits = 64;
  const auto at = line.find(kDigest);
  return startsWith(line, "#") && at == line.find(' ') && line.size() == at + kDigest.size() + kHexDigits;
}

// Lines on their way from the client's output, which cannot wait, to a sink that may be slow.
class LineQueue {
 public:
  LineQueue(net::Loop& loop, Sink<Progress> sink) : sink_(std::move(sink)), changed_(loop) {}
  void add(std::vector<Progress> lines) {
    for (auto& line : lines) {
      if (queue_.size() < kQueueLinesMax) queue_.push_back(std::move(line));
    }
    changed_.notifyAll();
  }
  void end() {
    ended_ = true;
    changed_.notifyAll();
  }
  // Delivers until end(); after an error of the sink the rest is dropped and `cancel` requested.
  Task<void> deliver(net::Cancel& cancel) {
    for (;;) {
      while (!queue_.empty()) {
        Progress line = std::move(queue_.front());
        queue_.pop_front();
        if (!refused_.ok() || !sink_) continue;
        refused_ = co_await sink_(std::move(line));
        if (!refused_.ok()) cancel.request();
      }
      if (ended_) co_return;
      const Status woken = co_await changed_.wait();
      if (!woken.ok()) co_return;
    }
  }
  const Status& refused() const { return refused_; }

 private:
  Sink<Progress> sink_;
  net::Condition changed_;
  std::deque<Progress> queue_;
  bool ended_ = false;
  Status refused_;
};

}  // namespace

bool hasBuildKit(std::string_view versionLine) {
  constexpr std::string_view kLead = "Docker version ";
  if (!startsWith(versionLine, kLead)) return false;
  const auto parts = split(versionLine.substr(kLead.size()), '.');
  if (parts.size() < 2) return false;
  const int major = std::atoi(std::string(parts[0]).c_str()), minor = std::atoi(std::string(parts[1]).c_str());
  return (major == 18 && minor >= 9) || major == 19 || (major == 20 && minor <= 10);
}

std::vector<std::string> clientCandidates(const std::string& path) {
  std::vector<std::string> all;
  const std::string folders = path + ":/usr/local/bin:/usr/bin";
  for (auto folder : split(folders, ':')) {
    std::string program = std::string(folder) + "/docker";
    if (!folder.empty() && std::find(all.begin(), all.end(), program) == all.end()) all.push_back(std::move(program));
  }
  return all;
}

Task<std::optional<BuildClient>> findBuildClient(net::Loop& loop, Wait wait) {
  const char* wanted = std::getenv("DOCKER_BUILDKIT");
  if (wanted != nullptr && std::string_view(wanted) == "0") co_return std::nullopt;
  const char* path = std::getenv("PATH");
  std::vector<std::string> present;
  for (auto& program : clientCandidates(path == nullptr ? "" : path)) {
    if (::access(program.c_str(), X_OK) == 0) present.push_back(std::move(program));
  }
  for (const bool buildx : {true, false}) {
    for (const auto& program : present) {
      net::Command command;
      command.arguments = {program};
      for (const char* word : {"buildx", "version"}) command.arguments.emplace_back(word);
      if (!buildx) command.arguments = {program, "--version"};
      const std::string text = co_await outputOf(loop, std::move(command), wait);
      const bool can = buildx ? text.find("buildx") != std::string::npos : hasBuildKit(text);
      if (can) co_return BuildClient{program, buildx};
    }
  }
  co_return std::nullopt;
}

net::Command buildCommand(const BuildClient& client, const BuildRequest& request, const std::string& hostUrl,
                          const EngineOptions& options) {
  net::Command command;
  auto& words = command.arguments;
  words = {client.program, "--host", hostUrl};
  if (!options.dockerConfigDir.empty()) words.insert(words.end(), {"--config", options.dockerConfigDir});
  if (client.buildx) words.emplace_back("buildx");
  words.insert(words.end(), {"build", "--progress", "plain"});
  if (client.buildx) words.emplace_back("--load");
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {flag, value});
  };
  add("--tag", request.tag);
  for (const auto& tag : request.tags) add("--tag", tag);
  add("--file", request.dockerfile);
  add("--target", request.target);
  add("--network", request.network);
  add("--platform", request.platform);
  for (const auto& [name, value] : request.args) {
    add("--build-arg", changesClient(name) ? name + "=" + value : name);
    if (!changesClient(name)) command.environment[name] = value;
  }
  for (const auto& [name, value] : request.labels) add("--label", name + "=" + value);
  for (const auto& image : request.cacheFrom) add("--cache-from", image);
  for (const auto& host : request.extraHosts) add("--add-host", host);
  if (request.shmBytes > 0) add("--shm-size", std::to_string(request.shmBytes));
  if (request.noCache) words.emplace_back("--no-cache");
  if (request.pull) words.emplace_back("--pull");
  words.emplace_back("-");
  command.environment["DOCKER_BUILDKIT"] = "1";
  if (options.tlsVerify) {
    command.environment["DOCKER_TLS_VERIFY"] = "1";
    command.environment["DOCKER_CERT_PATH"] = options.certPath;
  }
  return command;
}

std::vector<Progress> PlainProgress::feed(std::string_view bytes) {
  std::vector<Progress> lines;
  pending_ += bytes;
  std::size_t start = 0;
  for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', start)) {
    const auto text = trim(std::string_view(pending_).substr(start, end - start));
    start = end + 1;
    if (!text.empty() && !isDigestOnly(text)) lines.push_back(line(text));
  }
  pending_.erase(0, start);
  if (pending_.size() > kProgressLineBytesMax) pending_.clear();
  return lines;
}

std::vector<Progress> PlainProgress::finish() {
  std::vector<Progress> lines;
  const std::string rest = std::exchange(pending_, {});
  if (!trim(rest).empty()) lines.push_back(line(trim(rest)));
  return lines;
}

Progress PlainProgress::line(std::string_view text) {
  text = text.substr(0, kLineBytesMax);
  tail_.emplace_back(text);
  if (tail_.size() > kBuildTailLines) tail_.erase(tail_.begin());
  Progress progress;
  progress.text = std::string(text);
  if (!startsWith(text, "#")) return progress;
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return progress;
  const std::string step(text.substr(0, space));
  const auto rest = text.substr(space + 1);
  if (startsWith(rest, "[")) steps_[step] = std::string(rest);
  const auto heading = steps_.find(step);
  progress.step = heading == steps_.end() ? step : heading->second;
  progress.text = std::string(rest);
  // "0.312 text": the seconds since the step began.
  const auto word = rest.substr(0, rest.find(' '));
  if (!word.empty() && word.find('.') != std::string_view::npos &&
      word.find_first_not_of("0123456789.") == std::string_view::npos) {
    progress.text = std::string(trim(rest.substr(word.size())));
  }
  return progress;
}

Error buildError(const std::string& tag, const std::vector<std::string>& tail) {
  const std::string lines = join(tail, "\n");
  const std::string message = "the build of " + tag + " failed; its last lines:\n" + lines;
  if (lines.find("requires BuildKit") != std::string::npos) {
    return Error{Code::kUnsupported, message,
                 "the Dockerfile uses `RUN --mount` or another feature of BuildKit; install its client with "
                 "`sudo apt install docker-buildx` (or docker-buildx-plugin) and build again"};
  }
  const Error known = engineError(500, lines);
  if (known.code == Code::kIo) return Error{Code::kInvalid, message, "mend the step that failed and build again"};
  return Error{known.code, message, known.hint};
}

FileSource::FileSource(net::Loop& loop, std::string path)
    : loop_(loop), path_(std::move(path)), descriptor_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {}

FileSource::~FileSource() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Task<Result<std::string>> FileSource::next() {
  std::string piece(kReadChunkBytes, '\0');
  ssize_t got = -1;
  int failed = EBADF;
  std::function<void()> work = [&, descriptor = descriptor_] {
    got = ::read(descriptor, piece.data(), piece.size());
    failed = errno;
  };
  if (descriptor_ >= 0) co_await loop_.offload(std::move(work));
  if (got < 0) {
    co_return Error{Code::kIo, "the packed build context " + path_ + " cannot be read: " + std::strerror(failed)};
  }
  piece.resize(static_cast<std::size_t>(got));
  co_return piece;
}

Task<Status> buildWithClient(net::Loop& loop, net::Command command, BuildRequest request, Sink<Progress> progress,
                             Wait wait) {
  net::Cancel cancel(wait.cancel);
  LineQueue queue(loop, std::move(progress));
  PlainProgress reader;
  FileSource source(loop, request.contextFile);
  net::TaskGroup group(loop);
  group.add(queue.deliver(cancel));
  net::Input input = [&source] { return source.next(); };
  net::Output output = [&](bool, std::string_view bytes) { queue.add(reader.feed(bytes)); };
  const Wait own{wait.deadline, &cancel};
  const auto exit = co_await net::runCommand(loop, std::move(command), std::move(input), std::move(output), own);
  queue.add(reader.finish());
  queue.end();
  co_await group.join();
  if (!queue.refused().ok()) co_return queue.refused();
  if (!exit.ok()) co_return exit.error();
  if (exit->status == 0) co_return Status();
  co_return buildError(request.tag, reader.tail());
}

}  // namespace orbit::engine

// Docker: containers.
#include <sys/statvfs.h>

#include <csignal>

#include "engine/answers.h"
#include "engine/create_body.h"
#include "engine/docker.h"
#include "engine/host.h"
#include "engine/limits.h"
#include "engine/object_body.h"

namespace orbit::engine {
namespace {

using format::Json;
using net::Task;
using net::Wait;

std::string containerPath(const std::string& id, std::string_view rest = "") {
  return "/containers/" + format::percentEncode(id) + std::string(rest);
}

// `seccomp=./profile.json`: the engine wants the profile itself.
Status inlineProfiles(model::ContainerSpec& spec) {
  constexpr std::size_t kProfileBytesMax = 1u << 20;
  for (auto& option : spec.securityOptions) {
    if (!startsWith(option, "seccomp=") && !startsWith(option, "seccomp:")) continue;
    const std::string value = option.substr(8);
    if (value == "unconfined" || value == "builtin" || startsWith(value, "{")) continue;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(value.c_str(), "re"), &std::fclose);
    if (!file) {
      return Error{Code::kNotFound, "the seccomp profile " + value + " cannot be read", "mend `security_opt:`"};
    }
    std::string text(kProfileBytesMax, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    option = "seccomp=" + text;
  }
  return {};
}

}  // namespace

std::unique_ptr<Engine> connectEngine(net::Loop& loop, EngineOptions options) {
  return std::make_unique<Docker>(loop, std::move(options));
}

Task<Result<Json>> Docker::get(std::string path, Wait wait) {
  Call call;
  call.path = std::move(path);
  auto reply = co_await connection_.exchange(std::move(call), wait, kReadDeadline);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return std::move(reply->body);
}

Task<Status> Docker::change(Call call, Wait wait, Duration fallback) {
  auto reply = co_await connection_.exchange(std::move(call), wait, fallback);
  if (!reply.ok()) co_return std::move(reply).error();
  co_return Status();
}

Task<Result<EngineInfo>> Docker::info(Wait wait) {
  auto json = co_await get("/info", wait);
  if (!json.ok()) co_return std::move(json).error();
  EngineInfo info = parseInfo(*json);
  auto version = co_await connection_.version(wait);
  if (!version.ok()) co_return std::move(version).error();
  info.apiVersion = version->text();
  // Docker Desktop and rootless engines keep containers in a network of their own.
  info.local = connection_.local() && (*json)["OperatingSystem"].asString() != "Docker Desktop";
  for (const auto& option : (*json)["SecurityOptions"].asStrings())
    info.local = info.local && option != "name=rootless";
  struct statvfs disk {};
  if (connection_.local() && ::statvfs(info.rootDir.c_str(), &disk) == 0) {
    info.diskBytes = std::uint64_t{disk.f_blocks} * disk.f_frsize;
    info.diskFreeBytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  }
  co_return info;
}

Task<Result<std::vector<ContainerSummary>>> Docker::listContainers(Labels labels, Wait wait) {
  std::string path = "/containers/json" + labelFilter(labels);
  path += labels.empty() ? "?all=1" : "&all=1";
  auto json = co_await get(std::move(path), wait);
  if (!json.ok()) co_return std::move(json).error();
  std::vector<ContainerSummary> all;
  for (const auto& item : json->items()) all.push_back(parseSummary(item));
  co_return all;
}

Task<Result<ContainerDetail>> Docker::inspectContainer(std::string idOrName, Wait wait) {
  auto json = co_await get(containerPath(idOrName, "/json"), wait);
  if (!json.ok()) co_return std::move(json).error();
  co_return parseDetail(*json);
}

Task<Result<std::string>> Docker::createContainer(std::string name, model::ContainerSpec spec, Wait wait) {
  const Wait limited = connection_.bounded(wait, kChangeDeadline);
  auto version = co_await connection_.version(limited);
  if (!version.ok()) co_return std::move(version).error();
  ORBIT_CO_TRY_STATUS(inlineProfiles(spec));
  // An empty `command:` clears the image's only if an entrypoint is sent with it.
  if (spec.command && spec.command->empty() && !spec.entrypoint) {
    auto image = co_await inspectImage(spec.image, limited);
    if (!image.ok()) co_return std::move(image).error();
    if (!image->entrypoint.empty()) spec.entrypoint = image->entrypoint;
  }
  ORBIT_CO_TRY(CreateCall made, createCall(name, spec, *version));
  Call call;
  call.method = "POST";
  call.path = "/containers/create" + made.query;
  call.body = std::move(made.body);
  call.what = "creating container " + name;
  // A nameless one cannot be looked for afterwards.
  if (name.empty()) call.repeat = Repeat::kNever;
  const std::int64_t startUs = connection_.loop().clock().wallUs();
  auto reply = co_await connection_.exchange(std::move(call), limited, kChangeDeadline);
  std::string id;
  if (reply.ok()) {
    id = reply->body["Id"].asString();
  } else {
    if (reply.error().code != Code::kConflict || name.empty()) co_return std::move(reply).error();
    // Maybe an attempt whose answer was lost has made it.
    auto found = co_await findCreated(name, spec.labels, startUs, limited);
    if (!found.ok()) co_return std::move(reply).error();
    id = *found;
  }
  Status connected = co_await connectAll(id, std::move(made.connectAfter), limited);
  if (connected.ok()) co_return id;
  // Half a container would be taken for a whole one later.
  const Status removed = co_await removeContainer(id, true, true, limited);
  if (!removed.ok()) log(Level::kWarning, "engine", "removing " + name + ": " + removed.error().message);
  co_return std::move(connected).error();
}

Task<Result<std::string>> Docker::findCreated(std::string name, Labels labels, std::int64_t sinceUs, Wait wait) {
  auto found = co_await inspectContainer(name, wait);
  if (!found.ok()) co_return std::move(found).error();
  const bool ours = std::all_of(labels.begin(), labels.end(), [&](const auto& label) {
    const auto own = found->summary.labels.find(label.first);
    return own != found->summary.labels.end() && own->second == label.second;
  });
  if (!ours || found->summary.createdUs < sinceUs || found->summary.state != ContainerState::kCreated) {
    co_return Error{Code::kConflict, "container " + name + " is another one"};
  }
  co_return found->summary.id;
}

Task<Status> Docker::connectAll(std::string id, std::vector<model::NetworkAttachment> networks, Wait wait) {
  for (const auto& attachment : networks) {
    const Status connected = co_await connectNetwork(attachment.network, id, attachment, wait);
    if (!connected.ok()) co_return connected;
  }
  co_return Status();
}

Task<Status> Docker::startContainer(std::string id, Wait wait) {
  Call call;
  call.method = "POST";
  call.path = containerPath(id, "/start");
  call.what = "starting a container";
  Status started = co_await change(std::move(call), wait, kChangeDeadline);
  if (!started.ok() && started.error().code == Code::kStale) {
    ORBIT_CO_TRY_STATUS(co_await endRemains(id, wait));
  }
  co_return started;
}

// Making a container anew beside a process of its half start could give one volume two databases. Only what the cgroup
// of this very container holds is ended, and the engine has just said that it does not run.
Task<Status> Docker::endRemains(std::string id, Wait wait) {
  const Instant start = connection_.loop().clock().now();
  for (;;) {
    const std::vector<int> left = processesOf(id);
    if (left.empty()) co_return Status();
    const Duration passed = connection_.loop().clock().now() - start;
    if (passed > 2 * kRemainsGrace) {
      co_return Error{Code::kConflict,
                      "the engine was killed while it started this container, and process " +
                          std::to_string(left.front()) + " of that start still runs",
                      "end it with `sudo kill -9 " + std::to_string(left.front()) + "`, then `orbit up`"};
    }
    for (const int process : left) ::kill(process, passed < kRemainsGrace ? SIGTERM : SIGKILL);
    ORBIT_CO_TRY_STATUS(co_await connection_.loop().sleep(kRemainsPause, wait));
  }
}

Task<Status> Docker::stopContainer(std::string id, std::optional<Duration> grace, Wait wait) {
  Call call;
  call.method = "POST";
  call.path = containerPath(id, "/stop");
  call.what = "stopping a container";
  // Without a grace of ours the container's own counts, which may be long.
  Duration fallback = kStopMargin + kChangeDeadline;
  if (grace) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*grace);
    call.path += "?t=" + std::to_string(seconds.count());
    fallback = seconds + kStopMargin;
  }
  co_return co_await change(std::move(call), wait, fallback);
}

Task<Status> Docker::killContainer(std::string id, std::string signal, Wait wait) {
  Call call;
  call.method = "POST";
  call.path = containerPath(id, "/kill?signal=") + format::percentEncode(signal.empty() ? "SIGKILL" : signal);
  call.what = "sending a signal to a container";
  call.repeat = Repeat::kNever;
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

Task<Status> Docker::renameContainer(std::string id, std::string name, Wait wait) {
  Call call;
  call.method = "POST";
  call.path = containerPath(id, "/rename?name=") + format::percentEncode(name);
  call.what = "renaming a container";
  Status renamed = co_await change(std::move(call), wait, kChangeDeadline);
  if (renamed.ok() || renamed.error().code != Code::kConflict) co_return renamed;
  // The name is taken: perhaps by this very container, in an attempt whose answer was lost.
  const auto holder = co_await inspectContainer(name, wait);
  if (holder.ok() && startsWith(holder->summary.id, id)) co_return Status();
  co_return renamed;
}

Task<Status> Docker::removeContainer(std::string id, bool force, bool withVolumes, Wait wait) {
  if (beforeRemove_) co_await beforeRemove_(id, wait);
  Call call;
  call.method = "DELETE";
  call.path = containerPath(id, force ? "?force=1" : "?force=0") + (withVolumes ? "&v=1" : "");
  call.what = "removing a container";
  Status removed = co_await change(std::move(call), wait, kChangeDeadline);
  if (!removed.ok() && removed.error().code == Code::kNotFound) co_return Status();
  if (removed.ok() || removed.error().message.find("is already in progress") == std::string::npos) co_return removed;
  // Somebody else removes it: done when it is gone.
  const Wait limited = connection_.bounded(wait, kChangeDeadline);
  for (Duration pause = kRetryFirst;; pause = std::min<Duration>(pause * 2, kRetryMost)) {
    const auto still = co_await inspectContainer(id, limited);
    if (!still.ok() && still.error().code == Code::kNotFound) co_return Status();
    if (!still.ok()) co_return still.error();
    ORBIT_CO_TRY_STATUS(co_await connection_.loop().sleep(pause, limited));
  }
}

Task<Result<int>> Docker::waitContainer(std::string id, Wait wait) {
  Duration pause = kRetryFirst;
  for (;;) {
    Call call;
    call.method = "POST";
    call.path = containerPath(id, "/wait");
    call.what = "waiting for a container";
    auto answer = co_await connection_.open(std::move(call), wait);
    if (!answer.ok()) co_return std::move(answer).error();
    auto text = co_await (*answer)->readAll(kErrorBytesMax, wait);
    if (text.ok()) {
      auto json = format::parseJson(*text, "the engine's answer");
      if (!json.ok()) co_return Error{Code::kProtocol, "the engine did not tell the container's exit code"};
      co_return static_cast<int>((*json)["StatusCode"].asInt());
    }
    if (text.error().code != Code::kUnavailable) co_return std::move(text).error();
    connection_.reached();  // it was there until now
    const bool again = co_await connection_.pauseForRestart(pause, wait);
    if (!again) co_return std::move(text).error();
  }
}

Task<Status> Docker::putArchive(std::string id, std::string path, std::string tar, Wait wait) {
  Call call;
  call.method = "PUT";
  call.path = containerPath(id, "/archive?path=") + format::percentEncode(path);
  call.archive = std::move(tar);
  call.what = "copying files into a container";
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

}  // namespace orbit::engine

// Docker: images, pulls and builds.
#include "engine/answers.h"
#include "engine/build_cli.h"
#include "engine/build_weight.h"
#include "engine/docker.h"
#include "engine/engine_error.h"
#include "engine/limits.h"
#include "engine/log_reader.h"
#include "engine/object_body.h"
#include "engine/registry_auth.h"

namespace orbit::engine {
namespace {

using format::Json;
using net::Task;
using net::Wait;

constexpr const char* kControlGroups = "/sys/fs/cgroup";

// One object of a pull's or build's stream as progress.
Progress progressOf(const Json& line) {
  Progress progress;
  progress.step = line["id"].asString();
  progress.text = line["status"].asString();
  if (line.has("stream")) progress.text = std::string(trim(line["stream"].asString()));
  progress.current = line["progressDetail"]["current"].asInt();
  progress.total = line["progressDetail"]["total"].asInt();
  return progress;
}

std::string errorOf(const Json& line) {
  const std::string& detail = line["errorDetail"]["message"].asString();
  return detail.empty() ? line["error"].asString() : detail;
}

}  // namespace

Task<Result<ImageDetail>> Docker::inspectImage(std::string reference, Wait wait) {
  auto json = co_await get("/images/" + format::percentEncode(reference) + "/json", wait);
  if (!json.ok()) co_return std::move(json).error();
  co_return parseImage(*json);
}

Task<Status> Docker::removeImage(std::string reference, Wait wait) {
  Call call;
  call.method = "DELETE";
  call.path = "/images/" + format::percentEncode(reference);
  call.what = "removing image " + reference;
  call.goneIsDone = true;
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

Task<Status> Docker::tagImage(std::string reference, std::string tag, Wait wait) {
  const ImageName name = splitReference(tag);
  Call call;
  call.method = "POST";
  call.path = "/images/" + format::percentEncode(reference) + "/tag?repo=" + format::percentEncode(name.repository) +
              "&tag=" + format::percentEncode(name.tag);
  call.what = "tagging image " + reference;
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

// Reads a stream of JSON lines to its end. An error arrives inside it, after the 200; `subject` is what it is about.
Task<Docker::Followed> Docker::followProgress(http::Answer& answer, std::string subject, Sink<Progress> progress,
                                              Wait wait) {
  Followed followed;
  JsonLines lines;
  std::vector<std::string> tail;
  for (;;) {
    auto bytes = co_await answer.read(wait);
    if (!bytes.ok()) {
      followed.brokeOff = bytes.error().code == Code::kUnavailable;
      followed.status = std::move(bytes).error();
      co_return followed;
    }
    if (bytes->empty()) co_return followed;
    auto documents = lines.feed(*bytes);
    if (!documents.ok()) followed.status = std::move(documents).error();
    if (!documents.ok()) co_return followed;
    for (const auto& line : *documents) {
      const std::string failed = errorOf(line);
      if (!failed.empty()) {
        const bool build = !tail.empty();
        tail.push_back(failed);
        followed.status = build ? buildError(subject, tail) : engineError(500, failed);
        co_return followed;
      }
      Progress told = progressOf(line);
      if (told.text.empty()) continue;
      if (line.has("stream")) tail.push_back(told.text);
      if (tail.size() > kBuildTailLines) tail.erase(tail.begin());
      if (!progress) continue;
      followed.status = co_await progress(std::move(told));
      if (!followed.status.ok()) co_return followed;
    }
  }
}

Task<Status> Docker::pullImage(std::string reference, std::string platform, Sink<Progress> progress, Wait wait) {
  const Wait limited = connection_.bounded(wait, kPullDeadline);
  const ImageName name = splitReference(reference);
  const std::string auth =
      co_await pullAuth(connection_.loop(), connection_.options().dockerConfigDir, reference, limited);
  Duration pause = kRetryFirst;
  for (;;) {
    Call call;
    call.method = "POST";
    call.path = "/images/create?fromImage=" + format::percentEncode(name.repository) +
                "&tag=" + format::percentEncode(name.tag);
    if (!platform.empty()) call.path += "&platform=" + format::percentEncode(platform);
    if (!auth.empty()) call.fields.set("X-Registry-Auth", auth);
    call.what = "pulling " + reference;
    auto answer = co_await connection_.open(std::move(call), limited);
    if (!answer.ok()) co_return std::move(answer).error().within("pulling " + reference);
    Followed pulled = co_await followProgress(**answer, reference, progress, limited);
    if (pulled.status.ok()) co_return Status();
    Error error = std::move(pulled.status).error().within("pulling " + reference);
    if (!pulled.brokeOff) co_return error;
    connection_.reached();  // it was there until now
    const bool again = co_await connection_.pauseForRestart(pause, limited);
    if (!again) co_return error;
  }
}

Task<Result<std::string>> Docker::buildImage(BuildRequest request, Sink<Progress> progress, Wait wait) {
  const Wait limited = connection_.bounded(wait, kBuildDeadline);
  auto version = co_await connection_.version(limited);  // no engine: said before anything is run
  if (!version.ok()) co_return std::move(version).error();
  if (!buildClient_) buildClient_ = co_await findBuildClient(connection_.loop(), limited);
  if (!*buildClient_) co_return co_await buildClassic(std::move(request), std::move(progress), limited);
  net::Command command = buildCommand(**buildClient_, request, connection_.url(), connection_.options());
  const std::string tag = request.tag;
  const auto light = request.light && connection_.local() ? std::make_unique<LightBuild>(kControlGroups) : nullptr;
  Status built = co_await buildWithClient(connection_.loop(), std::move(command), std::move(request),
                                          std::move(progress), limited);
  if (!built.ok()) co_return std::move(built).error();
  auto image = co_await inspectImage(tag, limited);
  if (!image.ok()) co_return std::move(image).error();
  co_return image->id;
}

Task<Result<std::string>> Docker::buildClassic(BuildRequest request, Sink<Progress> progress, Wait wait) {
  auto source = std::make_shared<FileSource>(connection_.loop(), request.contextFile);
  Call call;
  call.method = "POST";
  call.path = "/build" + buildQuery(request);
  call.fields.set("Content-Type", "application/x-tar");
  const Json config = co_await readDockerConfig(connection_.loop(), connection_.options().dockerConfigDir);
  const std::string auth = authConfigHeader(config);
  if (!auth.empty()) call.fields.set("X-Registry-Config", auth);
  call.source = [source] { return source->next(); };
  call.what = "building " + request.tag;
  call.repeat = Repeat::kNever;
  auto answer = co_await connection_.open(std::move(call), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  Followed built = co_await followProgress(**answer, request.tag, std::move(progress), wait);
  if (!built.status.ok()) co_return std::move(built.status).error();
  auto image = co_await inspectImage(request.tag, wait);
  if (!image.ok()) co_return std::move(image).error();
  co_return image->id;
}

}  // namespace orbit::engine

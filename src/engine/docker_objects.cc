// Docker: networks and volumes.
#include "engine/answers.h"
#include "engine/create_body.h"
#include "engine/docker.h"
#include "engine/limits.h"
#include "engine/object_body.h"

namespace orbit::engine {

using format::Json;
using net::Task;
using net::Wait;

Task<Result<std::vector<NetworkSummary>>> Docker::listNetworks(Labels labels, Wait wait) {
  auto json = co_await get("/networks" + labelFilter(labels), wait);
  if (!json.ok()) co_return std::move(json).error();
  std::vector<NetworkSummary> all;
  for (const auto& item : json->items()) all.push_back(parseNetwork(item));
  co_return all;
}

Task<Result<NetworkSummary>> Docker::inspectNetwork(std::string idOrName, Wait wait) {
  auto json = co_await get("/networks/" + format::percentEncode(idOrName), wait);
  if (!json.ok()) co_return std::move(json).error();
  co_return parseNetwork(*json);
}

Task<Result<std::string>> Docker::createNetwork(model::Network network, Wait wait) {
  const Wait limited = connection_.bounded(wait, kChangeDeadline);
  auto version = co_await connection_.version(limited);
  if (!version.ok()) co_return std::move(version).error();
  bool lostBefore = false;
  Duration pause = kRetryFirst;
  for (;;) {
    Call call;
    call.method = "POST";
    call.path = "/networks/create";
    call.body = networkBody(network, *version);
    call.what = "creating network " + network.name;
    call.repeat = Repeat::kNever;
    auto reply = co_await connection_.exchange(std::move(call), limited, kChangeDeadline);
    if (reply.ok()) co_return reply->body["Id"].asString();
    Error error = std::move(reply).error();
    if (error.code == Code::kConflict && lostBefore) {
      auto found = co_await inspectNetwork(network.name, limited);
      if (found.ok() && found->labels == network.labels) co_return found->id;
    }
    if (error.code != Code::kUnavailable) co_return error;
    lostBefore = true;
    const bool again = co_await connection_.pauseForRestart(pause, limited);
    if (!again) co_return error;
  }
}

Task<Status> Docker::removeNetwork(std::string idOrName, Wait wait) {
  Call call;
  call.method = "DELETE";
  call.path = "/networks/" + format::percentEncode(idOrName);
  call.what = "removing network " + idOrName;
  call.goneIsDone = true;
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

Task<Status> Docker::connectNetwork(std::string network, std::string container, model::NetworkAttachment as,
                                    Wait wait) {
  auto version = co_await connection_.version(connection_.bounded(wait, kChangeDeadline));
  if (!version.ok()) co_return std::move(version).error();
  Json body = Json::object();
  body.set("Container", container);
  body.set("EndpointConfig", endpointConfig(as, *version));
  Call call;
  call.method = "POST";
  call.path = "/networks/" + format::percentEncode(network) + "/connect";
  call.body = std::move(body);
  call.what = "connecting a container to network " + network;
  call.repeat = Repeat::kNever;
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

Task<Status> Docker::disconnectNetwork(std::string network, std::string container, Wait wait) {
  Json body = Json::object();
  body.set("Container", container);
  body.set("Force", true);
  Call call;
  call.method = "POST";
  call.path = "/networks/" + format::percentEncode(network) + "/disconnect";
  call.body = std::move(body);
  call.what = "disconnecting a container from network " + network;
  call.repeat = Repeat::kNever;
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

Task<Result<std::vector<VolumeSummary>>> Docker::listVolumes(Labels labels, Wait wait) {
  auto json = co_await get("/volumes" + labelFilter(labels), wait);
  if (!json.ok()) co_return std::move(json).error();
  std::vector<VolumeSummary> all;
  for (const auto& item : (*json)["Volumes"].items()) all.push_back(parseVolume(item));
  co_return all;
}

Task<Result<VolumeSummary>> Docker::inspectVolume(std::string name, Wait wait) {
  auto json = co_await get("/volumes/" + format::percentEncode(name), wait);
  if (!json.ok()) co_return std::move(json).error();
  co_return parseVolume(*json);
}

Task<Status> Docker::createVolume(model::Volume volume, Wait wait) {
  Call call;
  call.method = "POST";
  call.path = "/volumes/create";
  call.body = volumeBody(volume);
  call.what = "creating volume " + volume.name;
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

Task<Status> Docker::removeVolume(std::string name, Wait wait) {
  Call call;
  call.method = "DELETE";
  call.path = "/volumes/" + format::percentEncode(name);
  call.what = "removing volume " + name;
  call.goneIsDone = true;
  co_return co_await change(std::move(call), wait, kChangeDeadline);
}

}  // namespace orbit::engine

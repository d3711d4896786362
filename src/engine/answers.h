// The engine's JSON as the door's types. Lenient: a missing member reads as empty. Pure.
// Source: Docker Engine API 1.41 to 1.52, the schemas named at each function.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/engine.h"

namespace orbit::engine {

// RFC 3339 with up to nine decimals and any offset as microseconds; the engine's zero time and nonsense are 0.
std::int64_t parseTimeUs(std::string_view text);
// Microseconds as the engine takes them in `since` and `until`: "1795482129.879358".
std::string secondsText(std::int64_t timeUs);

ContainerState parseState(std::string_view text);
ContainerSummary parseSummary(const format::Json& json);  // ContainerSummary
ContainerDetail parseDetail(const format::Json& json);    // ContainerInspectResponse
ImageDetail parseImage(const format::Json& json);         // ImageInspect
NetworkSummary parseNetwork(const format::Json& json);    // Network
VolumeSummary parseVolume(const format::Json& json);      // Volume
Event parseEvent(const format::Json& json);               // EventMessage
StatsSample parseStats(const format::Json& json);         // ContainerStatsResponse, cgroup v1 and v2
EngineInfo parseInfo(const format::Json& json);           // SystemInfo; apiVersion and local are the caller's
// Listening TCP sockets of a /proc/net/tcp or tcp6 text (proc(5)).
std::vector<Engine::Listening> parseListening(std::string_view procNetTcp);

}  // namespace orbit::engine

// Which port of a container speaks HTTP: what to ask, and what the answers mean. Private to traffic. Thread rules:
// pure.
#pragma once
#include <algorithm>
#include <vector>

#include "engine/engine.h"

namespace orbit::traffic {

struct PortFacts {
  int preferred = 0;           // `x-orbit: {port: N}` of the service, by the label orbit.port; 0: none
  std::vector<int> published;  // TCP, in the container
  std::vector<int> exposed;    // TCP
  std::vector<engine::Engine::Listening> listening;
  bool hostNetwork = false;    // the host's own
  bool sharesNetwork = false;  // that, or another container's: who listens there may be somebody else
};

struct Candidates {
  std::vector<int> ports;         // to be asked, the most wanted first
  std::vector<int> loopbackOnly;  // would be asked, but only the container itself reaches them
  std::vector<int> named;         // by x-orbit or the file
  bool waiting = false;           // a port the file or image names is not listened on yet
  bool isNamed(int port) const { return std::find(named.begin(), named.end(), port) != named.end(); }
};
Candidates candidatesOf(const PortFacts& facts);

// Ports of databases, queues, mail and debuggers, where a stray HTTP request does harm or makes noise, and HTTPS.
bool neverHttp(int port);

inline constexpr const char* kPortLabel = "orbit.port";
PortFacts portFacts(const engine::ContainerDetail& container, std::vector<engine::Engine::Listening> listening);

// Whether an answer's first bytes are HTTP's.
enum class Speech { kUnknown, kHttp, kOther };
Speech speechOf(std::string_view answer);

}  // namespace orbit::traffic

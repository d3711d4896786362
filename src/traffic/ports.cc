#include "traffic/ports.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace orbit::traffic {
namespace {

constexpr std::size_t kCandidatesMax = 8;
constexpr int kPortMax = 65535;
constexpr std::string_view kEngineDns = "127.0.0.11";  // listens in each container on a port of its own

bool isLoopback(std::string_view address) {
  return startsWith(address, "127.") || address == "::1" || startsWith(address, "::ffff:127.");
}

int portOf(std::string_view text) {
  int port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool good = failed == std::errc() && end == text.data() + text.size() && port > 0 && port <= kPortMax;
  return good ? port : 0;
}

bool in(const std::vector<int>& all, int port) {
  return std::find(all.begin(), all.end(), port) != all.end();
}

void addOnce(std::vector<int>& all, int port) {
  if (!in(all, port)) all.push_back(port);
}

std::vector<int> sorted(std::vector<int> ports) {
  std::sort(ports.begin(), ports.end());
  return ports;
}

}  // namespace

bool neverHttp(int port) {
  constexpr std::array kPorts = {21,    22,    23,    25,    53,    110,   111,   143,  389,  443,   465,
                                 587,   636,   873,   993,   995,   1433,  1521,  1883, 2049, 2181,  2379,
                                 2380,  3306,  3389,  4222,  5222,  5432,  5433,  5671, 5672, 5900,  6379,
                                 6380,  6432,  7687,  8883,  9042,  9092,  9093,  9229, 9300, 11211, 25672,
                                 26257, 26379, 27017, 27018, 28015, 33060, 61613, 61616};
  return std::find(kPorts.begin(), kPorts.end(), port) != kPorts.end();
}

Candidates candidatesOf(const PortFacts& facts) {
  std::vector<int> reachable, onlyInside;
  for (const auto& one : facts.listening) {
    if (one.address == kEngineDns) continue;
    addOnce(isLoopback(one.address) && !facts.hostNetwork ? onlyInside : reachable, one.port);
  }
  Candidates candidates;
  candidates.named = facts.preferred != 0 ? std::vector<int>{facts.preferred} : sorted(facts.published);
  // The image's EXPOSE is worth waiting for, but no preference.
  std::vector<int> expected = candidates.named;
  if (facts.preferred == 0) {
    for (const int port : facts.exposed) addOnce(expected, port);
  }
  const auto refused = [&](int port) { return port != facts.preferred && neverHttp(port); };
  for (const int port : expected) {
    if (refused(port) || in(reachable, port)) continue;
    if (in(onlyInside, port)) {
      candidates.loopbackOnly.push_back(port);
    } else {
      candidates.waiting = true;
    }
  }
  std::vector<int> wanted = facts.sharesNetwork ? expected : candidates.named;
  if (facts.preferred == 0 && !facts.sharesNetwork) {
    for (const int port : sorted(reachable)) addOnce(wanted, port);
  }
  for (const int port : wanted) {
    const bool full = candidates.ports.size() == kCandidatesMax;
    if (!full && in(reachable, port) && !refused(port)) candidates.ports.push_back(port);
  }
  return candidates;
}

PortFacts portFacts(const engine::ContainerDetail& container, std::vector<engine::Engine::Listening> listening) {
  PortFacts facts;
  const auto label = container.summary.labels.find(kPortLabel);
  if (label != container.summary.labels.end()) facts.preferred = portOf(label->second);
  for (const auto& port : container.summary.ports) {
    if (port.protocol == "tcp" && !port.published.empty()) addOnce(facts.published, port.target);
  }
  for (const auto& [key, value] : container.config["ExposedPorts"].members()) {
    if (!endsWith(key, "/tcp")) continue;
    const int port = portOf(std::string_view(key).substr(0, key.size() - 4));
    if (port != 0) addOnce(facts.exposed, port);
  }
  const std::string& mode = container.hostConfig["NetworkMode"].asString();
  facts.hostNetwork = mode == "host";
  facts.sharesNetwork = facts.hostNetwork || startsWith(mode, "container:");
  facts.listening = std::move(listening);
  return facts;
}

Speech speechOf(std::string_view answer) {
  constexpr std::string_view kHttp = "HTTP/1.";
  const auto size = std::min(answer.size(), kHttp.size());
  if (answer.substr(0, size) != kHttp.substr(0, size)) return Speech::kOther;
  return size == kHttp.size() ? Speech::kHttp : Speech::kUnknown;
}

}  // namespace orbit::traffic

#include "traffic/listeners.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "traffic/environment.h"
#include "traffic/limits.h"

namespace orbit::traffic {
namespace {

using net::Task;
using net::Wait;

int number(std::string_view text) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc() && end == text.data() + text.size() ? value : 0;
}

int portOf(const std::string& address) {
  return number(std::string_view(address).substr(address.rfind(':') + 1));
}

bool isV6(const Listener& listener) {
  return startsWith(listener.address, "[");
}

bool isEverywhere(const Listener& listener) {
  return startsWith(listener.address, "0.0.0.0:") || startsWith(listener.address, "[::]:");
}

// Hold's words for EADDRINUSE; anything else about v6 means that this machine has none.
bool inUse(const Error& error) {
  return error.message.find("another process listens") != std::string::npos;
}

}  // namespace

PortPair parsePorts(std::string_view text) {
  const auto words = split(text, ' ');
  if (words.size() != 2 || number(words[0]) <= 0 || number(words[1]) <= 0) return {};
  return {number(words[0]), number(words[1])};
}

std::string portsText(PortPair ports) {
  return std::to_string(ports.http) + " " + std::to_string(ports.https);
}

std::vector<PortPair> portChoices(PortPair earlier, const std::set<int>& avoid) {
  std::vector<PortPair> choices;
  const auto add = [&](PortPair pair) {
    const bool free = !avoid.contains(pair.http) && !avoid.contains(pair.https);
    if (free && std::find(choices.begin(), choices.end(), pair) == choices.end()) choices.push_back(pair);
  };
  if (earlier.http != 0) add(earlier);
  add({80, 443});
  for (int i = 0; i <= kPortPairsMax; ++i) add({8080 + i, 8443 + i});
  return choices;
}

std::vector<Listener> parseListeners(std::string_view answer) {
  std::vector<Listener> listeners;
  for (const auto line : split(answer, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 2) continue;
    const bool http = startsWith(words[0], "http/"), https = startsWith(words[0], "https/");
    if (http || https) listeners.push_back({std::string(words[0]), std::string(words[1]), https});
  }
  return listeners;
}

std::map<std::string, std::string> parseOwnListeners(std::string_view answer) {
  std::map<std::string, std::string> listeners;
  for (const auto line : split(answer, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 2 && isOwnListener(words[0])) listeners.emplace(words[0], words[1]);
  }
  return listeners;
}

std::vector<Listener> listenersFor(PortPair ports, bool everywhere) {
  std::vector<Listener> listeners;
  for (const bool tls : {false, true}) {
    for (const std::string host : {everywhere ? "0.0.0.0" : "127.0.0.1", everywhere ? "[::]" : "[::1]"}) {
      const std::string address = host + ":" + std::to_string(tls ? ports.https : ports.http);
      // Hold's names know no brackets.
      std::string name = (tls ? "https/" : "http/") + address;
      std::erase_if(name, [](char c) { return c == '[' || c == ']'; });
      listeners.push_back({std::move(name), address, tls});
    }
  }
  return listeners;
}

PortPair portsOf(const std::vector<Listener>& listeners) {
  PortPair ports;
  for (const auto& listener : listeners) (listener.tls ? ports.https : ports.http) = portOf(listener.address);
  return ports;
}

Task<Result<std::string>> ListenerSet::kept(Wait wait) {
  std::string command = "listeners\n";
  auto answer = co_await peers_.hold(std::move(command), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  if (!endsWith(*answer, "ok\n")) {
    co_return Error{.code = Code::kProtocol, .message = "hold keeps no listeners: " + std::string(trim(*answer))};
  }
  co_return std::move(*answer);
}

bool ListenerSet::suits(const std::vector<Listener>& listeners, const Want& want) const {
  const PortPair ports = portsOf(listeners);
  if (ports.http == 0 || ports.https == 0 || want.avoid.contains(ports.http) || want.avoid.contains(ports.https)) {
    return false;
  }
  return std::all_of(listeners.begin(), listeners.end(), [&](const auto& one) {
    return isEverywhere(one) == want.everywhere && portOf(one.address) == (one.tls ? ports.https : ports.http);
  });
}

Task<Status> ListenerSet::release(std::vector<Listener> listeners, Wait wait) {
  for (const auto& listener : listeners) {
    std::string name = listener.name;
    ORBIT_CO_TRY_STATUS(co_await letGo(std::move(name), wait));
  }
  co_return Status();
}

Task<Status> ListenerSet::letGo(std::string name, Wait wait) {
  std::string command = "release " + name + "\n";
  auto answer = co_await peers_.hold(std::move(command), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  co_return Status();  // who has let go of it before is no trouble
}

Task<Result<std::vector<Listener>>> ListenerSet::bind(Want want, Wait wait) {
  Error last{.code = Code::kConflict, .message = "no ports are left for the edge"};
  const auto choices = portChoices(earlier_, want.avoid);
  for (const PortPair& ports : choices) {
    auto bound = co_await bindPair(ports, want.everywhere, wait);
    for (int tries = 1; tries < kBindTries && !bound.ok(); ++tries) {
      if (ports != want.justReleased || bound.error().code != Code::kConflict) break;
      ORBIT_CO_TRY_STATUS(co_await loop_.sleep(kBindAgain, wait));
      bound = co_await bindPair(ports, want.everywhere, wait);
    }
    if (bound.ok()) {
      earlier_ = ports;
      co_return bound;
    }
    last = std::move(bound).error();
    if (last.code == Code::kUnavailable || last.code == Code::kCancelled || last.code == Code::kTimeout) break;
  }
  co_return last;
}

Task<Result<std::vector<Listener>>> ListenerSet::bindPair(PortPair ports, bool everywhere, Wait wait) {
  std::vector<Listener> bound;
  const auto wanted = listenersFor(ports, everywhere);
  for (const auto& listener : wanted) {
    std::string name = listener.name, address = listener.address;
    Status listening = co_await listen(std::move(name), std::move(address), false, wait);
    if (listening.ok()) {
      bound.push_back(listener);
      continue;
    }
    // A machine without IPv6 goes without it; somebody else there would get our visitors.
    if (isV6(listener) && listening.error().code == Code::kIo) continue;
    std::vector<Listener> given = std::move(bound);
    static_cast<void>(co_await release(std::move(given), wait));
    co_return std::move(listening).error();
  }
  co_return bound;
}

Task<Result<std::map<std::string, std::string>>> ListenerSet::bindOwn(std::vector<model::TableListener> wanted,
                                                                      std::map<std::string, std::string> kept,
                                                                      Wait wait) {
  std::map<std::string, std::string> lacking;
  for (const auto& listener : wanted) {
    if (!isOwnListener(listener.name)) continue;
    const auto known = kept.find(listener.name);
    if (known != kept.end() && known->second == listener.address) continue;
    std::string name = listener.name, address = listener.address;
    Status listening = co_await listen(std::move(name), std::move(address), true, wait);
    if (listening.ok()) continue;
    if (listening.error().code != Code::kIo && listening.error().code != Code::kConflict) {
      co_return std::move(listening).error();
    }
    // A machine without IPv6 goes without it.
    const bool missing = isV6({listener.name, listener.address}) && listening.error().code == Code::kIo;
    lacking.emplace(listener.name, missing ? std::string() : listening.error().message);
  }
  co_return lacking;
}

Task<Status> ListenerSet::listen(std::string name, std::string address, bool freeBind, Wait wait) {
  std::string command = "listen " + name + " " + address + (freeBind ? " freebind\n" : "\n");
  auto answer = co_await peers_.hold(std::move(command), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  if (*answer == "ok\n") co_return Status();
  Error error{.code = Code::kIo, .message = std::string(trim(*answer))};
  if (inUse(error)) error.code = Code::kConflict;
  co_return error;
}

}  // namespace orbit::traffic

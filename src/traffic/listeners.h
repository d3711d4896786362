// The edge's listeners for development and domains, as hold keeps them: which to ask for, and asking. Private to
// traffic. Thread rules: the thread of the Loop.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "traffic/peers.h"
#include "traffic/world.h"

namespace orbit::traffic {

struct PortPair {
  int http = 0, https = 0;
  bool operator==(const PortPair&) const = default;
};

// "8080 8443"; {0, 0} for anything else.
PortPair parsePorts(std::string_view text);
std::string portsText(PortPair ports);
// What to try, in order (decision 2): the earlier choice, 80/443, 8080/8443, then the next ones; none of `avoid`.
std::vector<PortPair> portChoices(PortPair earlier, const std::set<int>& avoid);
// What stands behind "listeners": those for the world, by their names.
std::vector<Listener> parseListeners(std::string_view answer);
// And those of environments (isOwnListener()): name → address.
std::map<std::string, std::string> parseOwnListeners(std::string_view answer);
// Four sockets of one pair: this machine only, or all addresses.
std::vector<Listener> listenersFor(PortPair ports, bool everywhere);
PortPair portsOf(const std::vector<Listener>& listeners);

class ListenerSet {
 public:
  ListenerSet(net::Loop& loop, const Peers& peers, PortPair earlier) : loop_(loop), peers_(peers), earlier_(earlier) {}

  struct Want {
    bool everywhere = false;
    std::set<int> avoid;         // published by containers
    PortPair justReleased = {};  // the edge may need a moment to close these
  };
  // What hold keeps, as it lists it. Errors: kUnavailable, kProtocol.
  net::Task<Result<std::string>> kept(net::Wait wait);
  // Whether these will do.
  bool suits(const std::vector<Listener>& listeners, const Want& want) const;
  net::Task<Status> release(std::vector<Listener> listeners, net::Wait wait);
  // Binds the first choice that can be. Errors: kConflict when none can.
  net::Task<Result<std::vector<Listener>>> bind(Want want, net::Wait wait);

  // Those of environments. Asks hold for what it does not keep yet; the address may come to this machine later. Gives
  // what cannot be had, by name, and why. Errors: kUnavailable.
  net::Task<Result<std::map<std::string, std::string>>> bindOwn(std::vector<model::TableListener> wanted,
                                                                std::map<std::string, std::string> kept,
                                                                net::Wait wait);

 private:
  net::Task<Result<std::vector<Listener>>> bindPair(PortPair ports, bool everywhere, net::Wait wait);
  net::Task<Status> listen(std::string name, std::string address, bool freeBind, net::Wait wait);
  net::Task<Status> letGo(std::string name, net::Wait wait);

  net::Loop& loop_;
  const Peers& peers_;
  PortPair earlier_;
};

}  // namespace orbit::traffic

// Virtual addresses on the bridges of environments, put there by hold. A bridge may come later than its environment
// (the machine has just booted, the engine makes it anew), and takes its addresses with it when it goes: so they are
// looked after. Private to traffic. Thread rules: the thread of its Loop.
#pragma once
#include <set>
#include <string>

#include "traffic/peers.h"

namespace orbit::traffic {

class Addresses {
 public:
  Addresses(net::Loop& loop, const Peers& peers) : loop_(loop), peers_(peers), woken_(loop) {}

  // Exactly these; others on bridges that were named here once are removed.
  void want(std::set<VirtualAddress> addresses);
  // Brings it about now, as far as can be.
  net::Task<void> put(net::Wait wait);
  net::Task<void> run(net::Cancel& cancel);

 private:
  net::Task<void> change(const char* verb, VirtualAddress address, net::Wait wait);

  net::Loop& loop_;
  const Peers& peers_;
  std::set<VirtualAddress> wanted_;
  std::set<std::string> bridges_;
  std::string problem_;  // told already
  net::Condition woken_;
};

}  // namespace orbit::traffic

// Brings the newest table to the edge, on listeners that hold keeps, and goes on trying until it is there. Private to
// traffic. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "traffic/development.h"
#include "traffic/listeners.h"
#include "traffic/peers.h"

namespace orbit::traffic {

class Delivery {
 public:
  Delivery(net::Loop& loop, const Peers& peers, PortPair earlier, std::function<void(std::string)> rememberPorts);

  // What the edge serves now, by instance: "shop-web-1" → "172.18.0.3:8000"; nothing when it cannot be asked.
  net::Task<std::map<std::string, std::string>> learn(net::Wait wait);
  // The newest takes the place of what was not delivered yet. `avoid`: ports that are published by containers.
  void want(World world, std::set<int> avoid);
  net::Task<void> run(net::Cancel& cancel);

  const std::vector<Listener>& listeners() const { return listeners_; }
  // "" or why the last try failed.
  const std::string& problem() const { return problem_; }
  // Returns when the newest is served, or when `wait` ends.
  net::Task<void> delivered(net::Wait wait);

 private:
  net::Task<Status> ask(net::Wait wait);
  net::Task<Status> deliver(net::Wait wait);
  net::Task<Status> bind(std::vector<Listener> kept, net::Wait wait);
  net::Task<Status> put(std::string text, net::Wait wait);
  ListenerSet::Want wanted() const;

  net::Loop& loop_;
  const Peers& peers_;
  ListenerSet set_;
  std::function<void(std::string)> rememberPorts_;
  World world_;
  std::set<int> avoid_;
  std::vector<Listener> listeners_;
  std::optional<std::string> served_;  // the edge's table as text; absent: not known
  bool pending_ = false, delivering_ = false;
  std::string problem_;
  net::Condition woken_, done_;
};

}  // namespace orbit::traffic

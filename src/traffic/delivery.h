// Brings the newest table to the edge, on listeners that hold keeps, and goes on trying until it is there. Where one
// service changed and nothing else, only that service is sent; several go by one table, so that they are swapped at
// once. What the edge serves is remembered by its text and asked anew when it may be another. Private to traffic.
// Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "traffic/listeners.h"
#include "traffic/peers.h"
#include "traffic/world.h"

namespace orbit::traffic {

class Delivery {
 public:
  Delivery(net::Loop& loop, const Peers& peers, PortPair earlier, std::function<void(std::string)> rememberPorts);

  // What the edge serves now, by instance: "shop-web-1" → "172.18.0.3:8000"; nothing when it cannot be asked.
  net::Task<std::map<std::string, std::string>> learn(net::Wait wait);
  // The newest takes the place of what was not delivered yet. `avoid`: ports that are published by containers. Gives
  // the number of this wish.
  std::uint64_t want(World world, std::set<int> avoid);
  net::Task<void> run(net::Cancel& cancel);

  const std::vector<Listener>& listeners() const { return listeners_; }
  // "" or why the last try failed.
  const std::string& problem() const { return problem_; }
  // Whether listeners() was brought up to date, or that was tried, since this object was made.
  bool tried() const { return tried_; }
  // Returns when the newest is served, or when `wait` ends.
  net::Task<void> delivered(net::Wait wait);
  // Returns when this wish or a newer one is served. Errors: kTimeout or kUnavailable, with why the last try failed.
  net::Task<Status> served(std::uint64_t wish, net::Wait wait);
  // Environments' listeners that cannot be had, and why; "" where this machine has no such address.
  const std::map<std::string, std::string>& lacking() const { return lacking_; }

 private:
  net::Task<void> woken(net::Wait wait);
  net::Task<Status> ask(net::Wait wait);
  net::Task<Status> deliver(net::Wait wait);
  net::Task<Status> bindOwn(const std::string& kept, net::Wait wait);
  Made make() const;
  bool anything() const;
  net::Task<Status> bind(std::vector<Listener> kept, net::Wait wait);
  net::Task<Status> send(model::RouteTable table, bool anew, net::Wait wait);
  net::Task<Status> put(std::string path, std::string body, net::Wait wait);
  ListenerSet::Want wanted() const;

  net::Loop& loop_;
  const Peers& peers_;
  ListenerSet set_;
  std::function<void(std::string)> rememberPorts_;
  World world_;
  std::set<int> avoid_;
  std::vector<Listener> listeners_;
  std::map<std::string, std::string> lacking_;
  std::optional<model::RouteTable> before_;  // what the edge serves; absent: not known
  std::string served_;                       // the same as text; "": none that we know
  bool kept_ = true;                         // on the edge's disk too: else a restarted edge serves an older one
  std::uint64_t wished_ = 0, delivered_ = 0;
  bool pending_ = false, delivering_ = false, tried_ = false;
  std::string problem_;
  net::Condition woken_, done_;
};

}  // namespace orbit::traffic

// Where the listening sockets of a table come from: from hold, which keeps them beyond this process, or bound here.
// Private to plane. Thread rules: one owner; calls block for milliseconds.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "edge/edge.h"
#include "model/route_table.h"
#include "plane/hold_channel.h"

namespace orbit::plane {

class Sockets {
 public:
  // nullptr: bound here.
  explicit Sockets(HoldChannel* hold) : hold_(hold) {}

  struct Needed {
    std::vector<edge::Listening> listening;  // for edge::Edge::apply, which owns them from then on
    std::vector<Error> problems;             // of listeners that cannot be had
  };
  // What `table` needs beyond what was handed to the edge already. Ends with settle() or abandon().
  Needed need(const model::RouteTable& table);
  // The edge took them, and closed what `table` does not name: so does hold.
  void settle(const model::RouteTable& table, const std::vector<edge::Listening>& listening);
  // The table is not served: hold forgets what was asked for it.
  void abandon();
  // Whether the edge has the listener of that name and address.
  bool serves(const model::TableListener& listener) const;

 private:
  using Missing = std::vector<const model::TableListener*>;
  static void bindHere(const Missing& missing, Needed& needed);
  void takeFromHold(const Missing& missing, Needed& needed);
  Status askHold(const model::TableListener& listener, const std::map<std::string, HoldChannel::Socket>& present);

  HoldChannel* hold_;
  std::map<std::string, std::string> handed_;  // address by name
  std::vector<std::string> fresh_;             // hold listens on them since need()
};

}  // namespace orbit::plane

#include "plane/sockets.h"

#include <algorithm>

#include "net/net.h"

namespace orbit::plane {

bool Sockets::serves(const model::TableListener& listener) const {
  const auto found = handed_.find(listener.name);
  return found != handed_.end() && found->second == listener.address;
}

Sockets::Needed Sockets::need(const model::RouteTable& table) {
  Needed needed;
  Missing missing;
  for (const model::TableListener& listener : table.listeners) {
    if (!serves(listener)) missing.push_back(&listener);
  }
  if (missing.empty()) return needed;
  if (hold_ != nullptr) {
    takeFromHold(missing, needed);
  } else {
    bindHere(missing, needed);
  }
  return needed;
}

void Sockets::bindHere(const Missing& missing, Needed& needed) {
  for (const model::TableListener* listener : missing) {
    auto socket = net::listenTcp(listener->address);
    if (socket.ok()) {
      needed.listening.push_back({listener->name, socket->release()});
    } else {
      needed.problems.push_back(std::move(socket.error()).within("listener " + listener->name));
    }
  }
}

void Sockets::takeFromHold(const Missing& missing, Needed& needed) {
  auto present = hold_->take();
  if (!present.ok()) return needed.problems.push_back(present.error());
  Missing asked;
  for (const model::TableListener* listener : missing) {
    Status listens = askHold(*listener, *present);
    if (listens.ok()) {
      asked.push_back(listener);
    } else {
      needed.problems.push_back(std::move(listens.error()).within("listener " + listener->name));
    }
  }
  auto taken = hold_->take();
  if (!taken.ok()) return needed.problems.push_back(taken.error());
  for (const model::TableListener* listener : asked) {
    const auto found = taken->find(listener->name);
    if (found != taken->end()) needed.listening.push_back({listener->name, found->second.descriptor.release()});
  }
}

Status Sockets::askHold(const model::TableListener& listener,
                        const std::map<std::string, HoldChannel::Socket>& present) {
  const auto found = present.find(listener.name);
  if (found != present.end()) {
    if (found->second.address == listener.address) return {};
    ORBIT_TRY_STATUS(hold_->release(listener.name));
  }
  Status listens = hold_->listen(listener.name, listener.address, false);
  // A virtual address may come to this machine later than its table.
  if (!listens.ok() && hold_->listen(listener.name, listener.address, true).ok()) {
    log(Level::kWarning, "edge", listener.name + ": " + listens.error().message + "; listening all the same");
    listens = {};
  }
  if (listens.ok()) fresh_.push_back(listener.name);
  return listens;
}

void Sockets::abandon() {
  for (const std::string& name : std::exchange(fresh_, {})) {
    const Status released = hold_->release(name);
    if (!released.ok()) log(Level::kWarning, "edge", released.error().text());
  }
}

void Sockets::settle(const model::RouteTable& table, const std::vector<edge::Listening>& listening) {
  fresh_.clear();
  for (const edge::Listening& each : listening) {
    const auto named = std::find_if(table.listeners.begin(), table.listeners.end(),
                                    [&each](const auto& listener) { return listener.name == each.name; });
    if (named != table.listeners.end()) handed_[each.name] = named->address;
  }
  for (auto at = handed_.begin(); at != handed_.end();) {
    const bool wanted = std::any_of(table.listeners.begin(), table.listeners.end(),
                                    [&at](const auto& listener) { return listener.name == at->first; });
    if (!wanted && hold_ != nullptr) {
      const Status released = hold_->release(at->first);
      if (!released.ok()) log(Level::kWarning, "edge", released.error().text());
    }
    at = wanted ? std::next(at) : handed_.erase(at);
  }
}

}  // namespace orbit::plane

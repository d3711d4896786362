// Whether a container's ports accept connections, and what to say when they do not. Thread rules: the thread of the
// operation's Loop.
#pragma once
#include <string>
#include <vector>

#include "stack/operation.h"

namespace orbit::stack {

class PortWatch {
 public:
  // `service` outlives this.
  PortWatch(Operation& operation, const model::Service& service, std::string id)
      : operation_(operation), service_(service), id_(std::move(id)) {}

  // Where to connect; "" when the container has no address of its own (its ports are then read from inside).
  void setAddress(std::string address) { address_ = std::move(address); }
  bool none() const { return service_.readyPorts.empty(); }
  // Whether all accept now. Errors: only those that end the wait (kCancelled, kUnavailable).
  net::Task<Result<bool>> accept(net::Wait wait);
  // Waits at most `span`, less when all begin to accept for the first time.
  net::Task<Status> pause(Duration span, net::Wait wait);
  // Waits for all to accept, at most kPortWait, then warns. Errors: those of the wait.
  net::Task<Status> await(net::Wait wait);

 private:
  net::Task<Result<bool>> accepts(int port, net::Wait wait);
  net::Task<Result<bool>> listensOutside(int port, net::Wait wait);
  net::Task<bool> onlyLocal(net::Wait wait);
  net::Task<void> warn(net::Wait wait);
  Duration gap(Instant since) const;

  Operation& operation_;
  const model::Service& service_;
  std::string id_, address_;
  bool open_ = false;  // all have accepted once
};

// The address to reach a container at: its first network's, 127.0.0.1 for one on the host's network, its partner's for
// one that shares another's; "" when there is none.
net::Task<std::string> addressOf(Operation& operation, engine::ContainerDetail container);

}  // namespace orbit::stack

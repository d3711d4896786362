// The gate: Orbit's own probe of an instance before any request reaches it. Nothing is needed in the image. It passes
// when the process stays up and the probe passed `rise` times in a row, a third of a second apart at least; without a
// configured probe: when its port answers. What fails says what was seen last. Private to deploy. Thread rules: the
// thread of its Loop.
//
// Which port (decision 15 c): the one x-orbit or railway.json names; else the one the release before answered on; else
// what the container is seen listening on, of several the one the file names, then the lowest that speaks HTTP. A
// server that listens on 127.0.0.1 only is named as the mistake it is.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "deploy/instances.h"

namespace orbit::deploy {

struct GateInput {
  Instance instance;
  model::Probe probe;
  std::string service;
  bool routed = false;
  int port = 0;            // to expect, 0: what is seen
  bool portNamed = false;  // it must be that one
  std::string portFrom;    // why that one, for people
  std::string path = "/";  // asked to find out who speaks HTTP
};

struct GatePass {
  int port = 0;  // that answered; 0: none needed
};

// One probe of an instance now. Ok: it passed. Errors say what was seen.
net::Task<Status> probeOnce(engine::Engine& engine, Instance instance, model::Probe probe, int port, net::Wait wait);

class Gate {
 public:
  Gate(net::Loop& loop, engine::Engine& engine, GateInput input)
      : loop_(loop), engine_(engine), input_(std::move(input)) {}

  // Errors: kInvalid (it answers wrongly, elsewhere or not at all), kConflict (its process ended), kTimeout, and the
  // engine's own.
  net::Task<Result<GatePass>> pass(net::Wait wait);

 private:
  net::Task<Status> checkRuns(net::Wait wait);
  net::Task<Result<int>> findPort(net::Wait wait);
  net::Task<int> speaksHttp(std::vector<int> ports, net::Wait wait);
  Error noPort() const;
  Error failed(const Error& last, int probes) const;

  net::Loop& loop_;
  engine::Engine& engine_;
  const GateInput input_;
  Instant begun_{};
  int exits_ = 0;
  std::int64_t startedUs_ = 0;
  std::vector<int> elsewhere_, loopbackOnly_;  // where it was seen to listen
  std::optional<Instant> elsewhereSince_, loopbackSince_;
};

}  // namespace orbit::deploy

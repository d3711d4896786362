// A hand-written engine for the simulator and unit tests: containers, networks, volumes and images in memory, virtual
// time from its Loop, a profile per API version, faults on request. Part of the engine's door for tests only.
#pragma once
#include <memory>

#include "engine/engine.h"

namespace orbit::engine {

// How a fake container behaves after its start.
struct FakeBehaviour {
  Duration healthyAfter{};  // its exec health test passes from then on
  Duration listensAfter{};  // its ports accept from then on
  std::vector<int> ports;   // TCP ports it listens on
  bool localhostOnly = false;
  std::optional<Duration> exitsAfter;  // and with which code
  int exitCode = 0;
  std::vector<std::string> log;
  bool stopsOnTerm = true;
  int httpStatus = 200;  // of every GET; 0: what listens does not speak HTTP
  std::string httpBody = "ok";
};

class FakeEngine : public Engine {
 public:
  static std::unique_ptr<FakeEngine> create(net::Loop& loop, std::uint64_t seed, std::string apiVersion = "1.41");
  // By image name; the default behaviour is healthy and listening at once.
  virtual void setBehaviour(std::string image, FakeBehaviour behaviour) = 0;
  virtual void addImage(std::string reference, ImageDetail detail = {}) = 0;  // present locally
  virtual void addRegistryImage(std::string reference) = 0;                   // can be pulled
  // Each call takes a random time up to this (virtual).
  virtual void setLatency(Duration max) = 0;
  // Faults: a call fails with kUnavailable before or after it took effect (a lost reply), with this probability.
  virtual void setFaults(double lostRequests, double lostReplies) = 0;
  // The engine goes away (all calls fail) and comes back; containers live on.
  virtual void setDown(bool down) = 0;
  virtual void setDiskFull(bool full) = 0;
  virtual void setDiskFree(std::uint64_t bytes, std::uint64_t ofBytes) = 0;
  // A container says something, with the engine's time unless the record has one; its driver forgets all but the last
  // `kept` records, as by rotation: who follows and is behind never hears of those in between.
  virtual void say(std::string container, LogRecord record) = 0;
  virtual void rotate(std::string container, std::size_t kept) = 0;
  // What a container does from now on, without a start.
  virtual void behave(std::string container, FakeBehaviour behaviour) = 0;
  // Its process ends now, as by a crash.
  virtual void crash(std::string container, int exitCode, bool oom) = 0;
  // A create whose caller died goes on: its name is taken now, and the container is there after `span`.
  virtual void createLate(std::string name, model::ContainerSpec spec, Duration span) = 0;
  // As after a kill of the engine while it started this container: every later start answers this.
  virtual void spoil(std::string container, std::string answer) = 0;
  // The image of the container that accepts connections at this address, as a client of the network sees it: also while
  // the engine is away. "" for nobody.
  virtual std::string imageAt(const std::string& address, int port) = 0;
  // Called at each change, just before it is made, with its entry of journal().
  virtual void onChange(std::function<void(const std::string& entry)> watcher) = 0;
  // Every change in order ("create db-1", "start db-1", …), for assertions.
  virtual const std::vector<std::string>& journal() const = 0;
};

}  // namespace orbit::engine

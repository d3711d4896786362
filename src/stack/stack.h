// The door of stack: brings a project's development containers to what its plan says, and back down, with Docker
// Compose's meanings, names and labels (decision 7). Where `depends_on` is decided: schedule.h. Thread rules: the
// thread of its Loop. Every operation can be repeated after a crash at any point: it looks at what is there, and mends
// it.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "engine/engine.h"
#include "model/plan.h"

namespace orbit::stack {

// One thing that changed state, told as it happens.
struct Step {
  enum class Kind { kNetwork, kVolume, kImage, kContainer };
  Kind kind = Kind::kContainer;
  std::string name;     // container, network or image name
  std::string service;  // "" for networks and volumes
  // creating created starting started waiting healthy unhealthy exited recreating stopping stopped removing removed
  // pulling pulled building built unchanged failed skipped
  std::string state;
  std::string detail;                   // progress or reason
  std::int64_t current = 0, total = 0;  // bytes of a pull
};

// Told to whoever watches. Plain calls on the loop's thread; they must not block.
struct Observer {
  std::function<void(const Step&)> step = [](const Step&) {};
  std::function<void(const std::string& service, std::string_view line)> buildOutput = [](auto&, auto) {};
  std::function<void(const model::Warning&)> warning = [](const model::Warning&) {};
};

struct UpOptions {
  std::vector<std::string> services;  // empty = all; with what they depend on unless noDeps
  bool noDeps = false;
  bool forceRecreate = false, noRecreate = false;
  bool alwaysRecreateDeps = false;
  bool renewAnonymousVolumes = false;
  bool removeOrphans = false;
  bool noStart = false;
  bool build = false, noBuild = false;
  std::string pull;  // "", always, missing, never
  std::map<std::string, int> scale;
  std::optional<Duration> stopTimeout;
  bool waitHealthy = true;  // wait until everything started is healthy (decision 20), not only for dependants
  std::optional<Duration> waitTimeout;
  std::map<std::string, std::string> contexts;  // service → context archive on disk, for those that need a build
};

// What an `up` or `build` needs to build and has no context archive for, found before anything is changed.
struct NeededContext {
  std::string service;
  std::string folder;  // absolute
  std::string dockerfile;
  std::string dockerfileInline;
};

// A service that failed, with all a person needs to mend it.
struct Failure {
  Error error;
  std::string service, container;
  int exitCode = 0;
  std::vector<std::string> logTail;
  // The program that the image lacks, "" if it is something else: who knows the Dockerfile can say which stage has it.
  std::string missingProgram;
};

struct Outcome {
  std::vector<NeededContext> needContexts;  // not empty: nothing was done; call again with these
  std::vector<Failure> failures;            // empty = success
  bool ok() const { return needContexts.empty() && failures.empty(); }
};

class Stack {
 public:
  Stack(net::Loop& loop, engine::Engine& engine, std::string home);  // home: the uuid for the label orbit.home

  net::Task<Outcome> up(const model::Plan& plan, UpOptions options, Observer observer, net::Wait wait);
  struct DownOptions {
    bool volumes = false, removeOrphans = false;
    std::string images;  // --rmi: "", local, all
    std::optional<Duration> timeout;
    std::vector<std::string> services;
  };
  // Works from the plan when there is one, else from the labels of what runs under `project`.
  net::Task<Outcome> down(std::string project, const model::Plan* plan, DownOptions options, Observer observer,
                          net::Wait wait);
  enum class Verb { kStart, kStop, kRestart };
  net::Task<Outcome> change(Verb verb, std::string project, const model::Plan* plan, std::vector<std::string> services,
                            std::optional<Duration> timeout, Observer observer, net::Wait wait);
  struct BuildOptions {
    std::vector<std::string> services;
    bool noCache = false, pull = false;
    std::map<std::string, std::string> args;
    std::map<std::string, std::string> contexts;
    bool light = false;         // with the least weight the builder at hand allows: something serves beside it
    bool composeLabels = true;  // false: containers of the image must not look like a development project's
  };
  net::Task<Outcome> build(const model::Plan& plan, BuildOptions options, Observer observer, net::Wait wait);
  net::Task<Outcome> pull(const model::Plan& plan, std::vector<std::string> services, bool ignoreFailures,
                          bool includeDeps, Observer observer, net::Wait wait);

  // One row of `ps`.
  struct Row {
    std::string service, container, id, image, state, health, ports, command;
    int exitCode = 0, number = 1;
    bool oneOff = false;
    std::int64_t createdUs = 0, startedUs = 0;
  };
  net::Task<Result<std::vector<Row>>> list(std::string project, bool all, net::Wait wait);
  // Every project of this engine that Orbit or Compose made: name → running / all containers.
  struct ProjectRow {
    std::string project, workingDir, files;
    int running = 0, containers = 0;
  };
  net::Task<Result<std::vector<ProjectRow>>> projects(net::Wait wait);

  struct RunOptions {
    std::string service;
    std::vector<std::string> command;
    std::map<std::string, std::string> environment;
    std::string user, workingDir, name, entrypoint;
    bool noDeps = false, servicePorts = false, tty = false, stdin = false;
    std::vector<std::string> publish, volumes;
    std::map<std::string, std::string> contexts;
  };
  // Creates (does not start) a one-off container; its dependencies are up. The api attaches, starts and removes it.
  struct RunCreated {
    Outcome outcome;
    std::string container;  // id
  };
  net::Task<RunCreated> createOneOff(const model::Plan& plan, RunOptions options, Observer observer, net::Wait wait);

 private:
  net::Loop& loop_;
  engine::Engine& engine_;
  std::string home_;
  // Containers seen healthy and when they had started (id → startedUs): spares a second `up` the probes while the
  // engine's own first one is still to come. Only a memory: what is not in it is probed.
  std::map<std::string, std::int64_t> knownHealthy_;
};

}  // namespace orbit::stack

// What an environment other than development shall run (decision 15): a project's files after the rules of production,
// before any image is built. Its notes say what those rules did. Thread rules: plain values.
//
// Values that come from secrets hold marks (model/secret_mark.h) in their places, so that a plan, a listing and the
// journal never hold a secret; they are filled in at the engine's create call and nowhere else.
#pragma once
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/alerting.h"
#include "model/plan.h"

namespace orbit::model {

// How Orbit itself asks an instance whether it is well: at the gate, and afterwards while its release is watched.
struct Probe {
  enum class Kind {
    kRuns,  // the process stays up; nothing listens as far as is known
    kTcp,
    kHttp,
    kExec,
  };
  Kind kind = Kind::kRuns;
  std::string path, host;  // kHttp; host "": the instance's address
  int port = 0;            // 0: the service's own
  std::vector<std::string> command;
  Duration interval = std::chrono::seconds(1), timeout = std::chrono::seconds(5);
  Duration deadline = std::chrono::seconds(300);  // of the gate
  int rise = 2, fall = 3;
  unsigned statusMin = 200, statusMax = 399;
  bool operator==(const Probe&) const = default;
};

// `x-orbit.release` of a service, with the defaults of decision 23.
struct ReleasePolicy {
  unsigned sharePercent = 10;                     // of requests, for the new release while it proves itself
  Duration shareMost = std::chrono::seconds(60);  // promoted by time after this
  Duration watch = std::chrono::minutes(10);      // from promoted to settled
  Duration warm = std::chrono::minutes(10);       // how long replaced instances stay after the release settled
  bool shield = true;                             // failed GETs and HEADs are answered by the old release
  bool judge = true;                              // false: only gate and absolute evidence
  std::vector<std::string> check;                 // run in the built image; another exit than 0 stops the deploy
  Duration overlap{};                             // railway: the old one stays at least so long after the shift
  Duration drain = std::chrono::seconds(30);      // for requests in flight, then the stop signal
  bool operator==(const ReleasePolicy&) const = default;
};

struct DeployService {
  enum class Shape {
    kStateless,  // replaced side by side
    kStateful,   // a named volume: one instance, replaced behind a paused route, only when it changed
    kDatabase,   // likewise, and never moved by a rollback
  };
  Service service;  // `container.environment` complete; mounts, command and target by the rules
  Shape shape = Shape::kStateless;
  int replicas = 1;
  bool routed = false;  // has an HTTP port that becomes a route
  // That speaks HTTP: where `portFixed`, as x-orbit says; else what the files suggest, and what the first instance is
  // seen listening on counts instead (decision 15c). 0: the files suggest none.
  int port = 0;
  bool portFixed = false;
  std::string portFrom;            // "x-orbit.port", "EXPOSE in the Dockerfile", "the file's ports", … for people
  std::vector<int> tcpPorts;       // other ports that services inside may dial
  std::vector<int> exposeTcp;      // opened on the host, by the edge
  std::string path = "/";          // route prefix on its hosts
  std::vector<std::string> hosts;  // by x-orbit.domains; without any it gets <service>.<env>.<project>.localhost
  Probe probe;
  ReleasePolicy release;
  std::vector<std::vector<std::string>> preDeploy;  // commands in exec form, each in a container of its own
  bool direct = false;                              // names by the engine's DNS: no virtual address (decision 12)
  bool vitals = false;                              // its pages report LCP, INP and CLS of their visitors
  std::vector<std::string> after;                   // services that must be up first: depends_on and ${{Service.VAR}}
  // Variables that differ with each release (commit, branch, author): given to new containers beside
  // `service.container.environment`, and no reason to make one anew.
  std::map<std::string, std::string> perRelease;
  std::vector<std::string> watchPatterns;  // railway: a deploy that changed none of these files leaves it alone
  // SHA-256 over all of the above that makes a running instance differ, the image itself apart; hex.
  std::string hash;
};

// Something the rules of production decided, told per service before the first deploy.
struct DeployNote {
  std::string service;  // "": the whole project
  std::string rule;     // "bind-mount", "ports", "command", "restart", "network", "railway", "port", "stateful", …
  std::string text;     // "leaves out the bind mount ./backend → /app"
  std::string why;      // "production runs the image as built"
  Location at;
};

// A variable without a value, or with a development one.
struct NeededVariable {
  std::string name;
  std::vector<std::string> services;  // who needs it
  bool development = false;           // has a value, but one that is known from development
  bool optional = false;
  std::string hint;  // "orbit vars set SECRET_KEY=…"
  Location at;
};

struct Deployment {
  std::string project, environment, workingDir;
  std::vector<std::string> files;
  std::vector<DeployService> services;
  std::vector<Volume> volumes;
  std::vector<FileObject> configs, secrets;
  std::vector<DeployNote> notes;
  std::vector<NeededVariable> needed;  // those that are not optional stop a deploy
  std::vector<Warning> warnings;
  Alerting alerting;

  const DeployService* find(std::string_view name) const {
    for (const auto& one : services) {
      if (one.service.name == name) return &one;
    }
    return nullptr;
  }
};

}  // namespace orbit::model

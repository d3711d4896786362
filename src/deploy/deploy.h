// The door of deploy: moves an environment's services from one release to the next, and back (decisions 15 to 25).
//
//   build → check → pre-deploy command → instances → gate → share → watch → promoted → settled, or taken back
//
// One `orbit deploy` is a group with a number, "r12": what it changed goes live together and is taken back together. A
// service that did not change stays on the release it has. Everything that happened is a fact in an append-only
// journal, written before it takes effect where it matters; a daemon that starts replays it, looks at the engine, and
// resumes what was live or undoes what was not (recovery.h). What is live never depends on this process.
//
// The rooms it needs are seams it owns: who serves (Traffic), what happened to real requests (Evidence), where facts
// are kept (Journal), who knows secrets (Secrets). The daemon joins them; the simulator has others.
// Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "engine/engine.h"
#include "format/json.h"
#include "model/deployment.h"
#include "model/live.h"
#include "project/project.h"
#include "stack/stack.h"
#include "verdict/verdict.h"

namespace orbit::deploy {

// Brings what shall be served to the edge.
class Traffic {
 public:
  virtual ~Traffic() = default;
  // Returns when the edge serves it. With the edge gone it is kept and sent when it is back; then kTimeout or
  // kUnavailable. Calls for one environment come one after the other; the newest wins.
  virtual net::Task<Status> serve(model::LiveEnvironment environment, net::Wait wait) = 0;
  // Returns when no request is in flight at this release of a service, or with kTimeout.
  virtual net::Task<Status> drained(std::string project, std::string environment, std::string service,
                                    std::string release, net::Wait wait) = 0;
  // Whether there can be virtual addresses (hold is root and the engine is on this machine).
  virtual bool virtualAddresses() const = 0;
  // Where people reach a service: "https://web.production.shop.localhost:8443". "" when it has no route.
  virtual std::string url(const std::string& project, const std::string& environment,
                          const std::string& service) const = 0;
};

// What happened to the requests of a service since the last call for it: one tick for a verdict. Told by route.
class Evidence {
 public:
  virtual ~Evidence() = default;
  // `oldRelease` "": there is none beside it. Begins to look more often while it is asked.
  virtual net::Task<std::vector<verdict::RouteTick>> next(std::string tableService, std::string newRelease,
                                                          std::string oldRelease, net::Wait wait) = 0;
  // Sums over the last `span` for people: requests, errors, p99.
  struct Summary {
    std::uint64_t requests = 0, errors = 0;
    double p50Ms = 0, p99Ms = 0;
  };
  virtual Summary summary(const std::string& tableService, const std::string& release, Duration span) const = 0;
};

// One thing that happened, for ever. `body` holds no secret.
struct Fact {
  std::string project, environment;
  int group = 0;  // the deploy's number
  std::int64_t atUs = 0;
  std::string kind;  // facts.h lists them
  format::Json body;
  std::string sealed = {};  // a text kept encrypted: the files a release was made from
};

class Journal {
 public:
  virtual ~Journal() = default;
  // On disk when it returns. Errors: kNoSpace, kIo.
  virtual net::Task<Status> append(Fact fact) = 0;
  // Everything of every environment, oldest first; `sealed` is left empty.
  virtual Result<std::vector<Fact>> read() = 0;
  virtual Result<std::string> sealed(const std::string& project, const std::string& environment, int group) = 0;
  // Drops the facts of these groups: releases beyond those kept.
  virtual net::Task<Status> forget(std::string project, std::string environment, std::vector<int> groups) = 0;
};

class Secrets {
 public:
  virtual ~Secrets() = default;
  // What an environment's variables are now: plain values, secrets by mark and version.
  virtual Result<std::vector<project::EnvironmentVariable>> variables(const std::string& project,
                                                                      const std::string& environment) = 0;
  // One version of a secret; a revoked version gives the newest and says so.
  struct Value {
    std::string text;
    int version = 0;
  };
  virtual Result<Value> open(const std::string& project, const std::string& environment, const std::string& service,
                             const std::string& name, int version) = 0;
};

// Where a deploy comes from, for people.
struct Source {
  std::string commit, message, author, branch;
  bool dirty = false;
};

// How far a deploy has come. In this order, but for the last four.
enum class Stage {
  kQueued,
  kBuilding,
  kChecking,  // release.check and pre-deploy commands
  kStarting,
  kGate,
  kShare,     // live: the new release has its share, and is judged
  kPromoted,  // has nearly all; still judged
  kSettled,
  kFailed,  // before it was live; nothing changed for visitors
  kTakenBack,
  kCancelled,
  kSuperseded,
};
std::string_view stageName(Stage stage);  // "queued", "building", … "taken back"

// Told to whoever watches a deploy. `kind` as in docs/api.md.
struct Event {
  Stage stage = Stage::kQueued;
  std::string service = {};  // "": the whole group
  std::string text = {};     // a sentence for people
  std::optional<Error> problem = {};
  std::vector<std::string> logTail = {};  // of an instance that failed its gate
  format::Json numbers = {};              // verdict's, where it has any
};
struct Observer {
  std::function<void(const Event&)> event = [](const Event&) {};
  stack::Observer stack;  // images: builds and pulls
};

struct StartRequest {
  project::Snapshot snapshot;
  model::Deployment plan;  // as project made it of this snapshot with the environment's variables
  Source source;
  std::vector<std::string> services;            // empty: all
  std::map<std::string, std::string> contexts;  // service → context archive on disk
  bool force = false;                           // also what did not change
  bool allowDevelopmentSecrets = false;
  int httpsPort = 443;  // that the plan was made with
};

struct Outcome {
  std::vector<stack::NeededContext> needContexts;  // not empty: nothing was done; call again with these
  int group = 0;
  Stage stage = Stage::kFailed;
  std::vector<stack::Failure> failures;
  std::string summary;  // one line for people and for a workflow
};

// One row of `orbit status`.
struct StatusRow {
  std::string project, environment, service, url, release, image;
  std::string state;   // running, watching, promoted, paused, taken back, failing, stopped, …
  std::string source;  // "a1b2c3d fix the total (ann)"
  int replicas = 0, running = 0;
  std::int64_t sinceUs = 0;
  Evidence::Summary now;  // the last minute
  std::string note;       // what happened last, if it matters: "r13 was taken back 4 minutes ago: …"
};

// One row of `orbit releases`.
struct ReleaseRow {
  std::string project, environment, release;  // "r12"
  std::vector<std::string> services;          // that it changed
  Stage stage = Stage::kSettled;
  bool live = false;       // some service runs it
  bool available = false;  // can be rolled back to
  Source source;
  std::int64_t startedUs = 0, endedUs = 0;
  std::string by, summary;
};

class Deploy {
 public:
  struct Parts {
    net::Loop& loop;
    engine::Engine& engine;
    stack::Stack& stack;
    Traffic& traffic;
    Evidence& evidence;
    Journal& journal;
    Secrets& secrets;
    std::string home;  // uuid for the label orbit.home
  };
  static std::unique_ptr<Deploy> create(Parts parts);
  virtual ~Deploy() = default;

  // Replays the journal, adopts what runs, resumes or undoes, and watches until cancelled. Runs once.
  virtual net::Task<void> run(net::Cancel& cancel) = 0;
  // Returns when replaying and adopting are done.
  virtual net::Task<Status> ready(net::Wait wait) = 0;

  // What start() would do, for `--plan`: by service "new", "changed: image, environment", "unchanged"; and what a
  // rollback could not undo.
  struct Change {
    std::string service, what, from, to;
    std::vector<std::string> cannotUndo;
  };
  virtual net::Task<std::vector<Change>> compare(StartRequest request, net::Wait wait) = 0;

  // Starts a deploy and follows it until it reaches `until` (kShare, kPromoted, kSettled) or ends; it goes on without
  // its caller. A newer one supersedes an earlier that is not live yet (decision 23).
  virtual net::Task<Outcome> start(StartRequest request, Stage until, Observer observer, net::Wait wait) = 0;
  // Follows one that is under way, the newest with group 0.
  virtual net::Task<Outcome> follow(std::string project, std::string environment, int group, Stage until,
                                    Observer observer, net::Wait wait) = 0;
  // Stops one that is not live yet; kConflict for one that is (roll it back).
  virtual net::Task<Status> cancel(std::string project, std::string environment, net::Wait wait) = 0;

  // `target`: "" the group before; "r11": all that were live then; "web": this service's release before; "web@r11".
  virtual net::Task<Outcome> rollback(std::string project, std::string environment, std::string target,
                                      Observer observer, net::Wait wait) = 0;
  // Gives the release under watch nearly all traffic now; the watch goes on.
  virtual net::Task<Outcome> promote(std::string project, std::string environment, Observer observer,
                                     net::Wait wait) = 0;
  // Ends an environment: its containers and network, with `volumes` its data.
  virtual net::Task<Outcome> remove(std::string project, std::string environment, bool volumes, Observer observer,
                                    net::Wait wait) = 0;

  // "" for all.
  virtual std::vector<StatusRow> status(const std::string& project, const std::string& environment) const = 0;
  virtual std::vector<ReleaseRow> releases(const std::string& project, const std::string& environment) const = 0;
  // The report of a release as docs/api.md has it. Errors: kNotFound.
  virtual Result<format::Json> show(const std::string& project, const std::string& environment,
                                    const std::string& release) const = 0;
};

}  // namespace orbit::deploy

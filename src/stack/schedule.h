// Here, and nowhere else, it is decided what `depends_on` means: who takes part, in which order, what must hold before
// a service's containers start, and who goes first when things stop.
//
// `services.web.depends_on.db.condition` says what web waits for:
//   service_started                  db's containers run (the short form `depends_on: [db]` means this)
//   service_healthy                  db passed its health probe and accepts connections (health.h says how that is
//   known) service_completed_successfully   db's containers ended with exit code 0 (a migration, say)
// `required: false` makes it a wish: when db is left out or fails, web starts all the same and a warning says so.
// `restart: true` means that web restarts whenever db is recreated or restarted.
//
// What follows from it:
// - Naming a service (`orbit up web`) takes in what it depends on, unless --no-deps was given.
// - Containers are *created* without waiting; only their *start* waits. mayStart() is asked again after each change.
// - Services that wait for nothing start at once, side by side.
// - Stopping goes the other way: a service stops when all that depend on it have stopped. Conditions play no part.
// Source: Compose Specification, "depends_on". Thread rules: pure functions.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/plan.h"

namespace orbit::stack {

// One service that takes part.
struct Turn {
  const model::Service* service = nullptr;
  std::vector<model::Dependency> waitsFor;  // those that take part as well, and have a container
  bool named = true;                        // on the command line, or nothing was; else a dependency of those
};

struct Schedule {
  std::vector<Turn> turns;  // dependencies before dependants
  std::vector<model::Warning> warnings;
};

struct Selection {
  std::vector<std::string> services;  // empty = all
  bool withDependencies = true;
  std::map<std::string, int> scale;  // overrides the file's; a service of 0 containers is waited for by nobody
};

// Errors: kNotFound for a name the plan does not know (with the nearest it knows) and for a required dependency that is
// missing or disabled by its profile; kInvalid for a cycle.
Result<Schedule> schedule(const model::Plan& plan, const Selection& selection);

// How far a service has come in this operation.
struct Progress {
  bool started = false, healthy = false, completed = false;
  bool failed = false;  // will not come further
};

struct Verdict {
  enum class Kind { kWait, kStart, kGiveUp };
  Kind kind = Kind::kWait;
  std::string dependency;               // kGiveUp: whose failure it is
  std::vector<std::string> withoutThe;  // kStart: optional dependencies that failed
};

// Whether the containers of a service may start now.
Verdict mayStart(const Turn& turn, const std::map<std::string, Progress>& progress);

// For each of the plan's services, those that must have stopped before it stops: its dependants.
std::map<std::string, std::set<std::string>> stopsAfter(const model::Plan& plan);

// Services that restart when `service` is recreated or restarted, in the plan's order.
std::vector<std::string> restartsWith(const model::Plan& plan, const std::string& service);

// The service whose namespaces or volumes this one shares ("network_mode: service:db", ipc, pid, volumes_from), so
// that it is created after them and recreated with them.
std::set<std::string> sharesWith(const model::Service& service);

}  // namespace orbit::stack

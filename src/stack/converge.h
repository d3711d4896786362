// What to do so that the engine holds what the plan says: a pure function of the plan and of what is there. It also
// mends what a crash in the middle of an earlier operation left behind; every such state is listed at decide().
// Thread rules: pure.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "stack/schedule.h"

namespace orbit::stack {

// What the engine has of a project, one-off containers (`run`) included.
struct Observed {
  std::vector<engine::ContainerSummary> containers;
  std::vector<engine::NetworkSummary> networks;
  std::vector<engine::VolumeSummary> volumes;
  bool hasNetwork(std::string_view name) const;
  bool hasVolume(std::string_view name) const;
};

// One container of a service, as it shall be.
struct Replica {
  enum class Action {
    kKeep,      // as it is; started if it does not run
    kCreate,    // there is none
    kRecreate,  // there is one, but it differs
  };
  Action action = Action::kKeep;
  int number = 1;
  std::string name;     // it ends up with
  std::string id;       // of the one that is there
  std::string oldName;  // kKeep: renamed when it differs from `name`
  engine::ContainerState state = engine::ContainerState::kCreated;
  std::string reason;  // kRecreate: what differs, for the person who watches
};

// A container that goes: surplus, left over, or an orphan.
struct Removal {
  std::string id, name, service;
  bool running = false;
  bool neverStarted = false;  // its fresh anonymous volumes hold nothing and go with it
  std::string reason;
};

struct ServiceDecision {
  std::vector<Replica> replicas;   // by number
  std::vector<Removal> leftovers;  // go first: their names are needed
  std::vector<Removal> surplus;    // scaled down
  bool restart = false;            // stop what runs first, then start it again: a dependency is recreated
  bool recreates() const;
};

struct Decision {
  std::map<std::string, ServiceDecision> services;
  std::vector<Removal> orphans;  // of services the file does not know
};

struct ConvergeOptions {
  bool forceRecreate = false, noRecreate = false, alwaysRecreateDeps = false;
  std::map<std::string, int> scale;
  std::map<std::string, std::string> imageIds;                  // by service; absent = not known, not compared
  std::map<std::string, std::vector<std::string>> differences;  // by id, for containers that Orbit did not make
};

// Leftovers and how they are mended:
// - A replacement that was never started, beside the container it was to replace: it goes, and is made again if still
//   needed. (Crash between create and remove.)
// - A replacement under its temporary name, alone: it gets its true name. (Crash between remove and rename.)
// - Two containers of one number: the one that ran wins, then the one with the right name, then the newest.
// - A created container alone: it is started. One that lacks a network (the engine takes only one at create before API
//   1.44), or whose network was removed meanwhile: recreated.
// - A container that shares the namespace of one that is gone: recreated.
// - docker-compose 1.29's "project_service_1" counts as a right name.
Decision decide(const model::Plan& plan, const Schedule& order, const Observed& observed,
                const ConvergeOptions& options);

// Containers of scheduled services that another tool made: compared by their attributes (ConvergeOptions::differences).
std::vector<const engine::ContainerSummary*> adopted(const Schedule& order, const Observed& observed);

}  // namespace orbit::stack

// The door of store: the only room that opens SQLite (decision 3). State of the control plane under one home: the
// home's identity, the append-only journals of operations and of deploys, domains, settings, variables. WAL; one writer
// thread off the control loop; migrations go forward, a file copy before each; a newer schema is refused by name.
// Thread rules: open() blocks, once at start; append and read calls may come from the loop's thread: writes are queued
// to the writer thread and `done` is called there (at once when the call is refused), so callers post back to their
// loop.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "model/domain.h"

namespace orbit::store {

// One line of the journal: what was asked for, and how it went.
struct Operation {
  std::string id = {};    // UUIDv7
  std::string kind = {};  // up, down, build, …
  std::string project = {};
  std::int64_t startedUs = 0;
  std::int64_t endedUs = 0;  // 0 while it runs; still 0 after a restart: the daemon died in the middle
  std::string outcome = {};  // "", ok, failed, cancelled, interrupted
  std::string detail = {};   // JSON, no secrets
};

// A variable of an environment, without a secret's value (decision 17). Each `set` makes a new version.
struct Variable {
  std::string project, environment;
  std::string service;  // "": for all
  std::string name;
  bool secret = true;
  int version = 0;    // the newest
  std::string value;  // plain ones only
  std::int64_t setUs = 0;
};

// One thing that happened to an environment, for ever: what deploy's journal is made of.
struct Fact {
  std::string project, environment;
  int group = 0;  // the deploy's number
  std::int64_t atUs = 0;
  std::string kind;
  std::string body;         // JSON, no secrets
  std::string sealed = {};  // kept encrypted; "" none
};

class Store {
 public:
  // Opens or creates `<folder>/state.db` (0600). Errors: kUnsupported for a newer schema, kNoSpace, kIo, kInvalid
  // (damaged).
  static Result<std::unique_ptr<Store>> open(const std::string& folder, const Clock& clock);
  virtual ~Store() = default;

  virtual const std::string& home() const = 0;  // the uuid of this home

  using Done = std::function<void(Status)>;
  // FULL sync: `done` means it is on disk.
  virtual void begin(Operation operation, Done done) = 0;
  virtual void end(std::string id, std::int64_t endedUs, std::string outcome, std::string detail, Done done) = 0;
  // The newest operations first. Reads on a connection of its own; blocks for milliseconds.
  virtual Result<std::vector<Operation>> operations(std::string_view project, int limit) = 0;
  // Marks what an earlier process left unfinished as interrupted and returns it.
  virtual Result<std::vector<Operation>> recover(std::int64_t nowUs) = 0;
  // Keeps the newest `keep` operations of each project.
  virtual void prune(int keep, Done done) = 0;

  // Errors: kConflict that names where the host is already.
  virtual void addDomain(model::Domain domain, Done done) = 0;
  // Errors: kNotFound.
  virtual void removeDomain(std::string host, Done done) = 0;
  // By host. Blocks for milliseconds, as settings do.
  virtual Result<std::vector<model::Domain>> domains() = 0;
  // What this home was told once and keeps ("acme", "ports"); "" when it was not.
  virtual Result<std::string> setting(std::string_view key) = 0;
  virtual void set(std::string key, std::string value, Done done) = 0;

  // All or none of them. `value` of each is stored sealed when `secret`, with the key in `<folder>/key` (0600, made
  // when missing). FULL sync. Errors: kInvalid (a name that is no variable's), kNoSpace, kIo.
  virtual void setVariables(std::vector<Variable> variables, Done done) = 0;
  // With all versions. Errors: kNotFound.
  virtual void unsetVariables(std::string project, std::string environment, std::string service,
                              std::vector<std::string> names, Done done) = 0;
  // Every version but the newest is never given out again.
  virtual void revokeVariables(std::string project, std::string environment, std::string service,
                               std::vector<std::string> names, Done done) = 0;
  // The newest of each, by service and name; a secret's value is "". "" as project or environment: of all.
  virtual Result<std::vector<Variable>> variables(std::string_view project, std::string_view environment) = 0;
  // One version of a secret, version 0: the newest. A revoked version gives the newest; `version` tells which it was.
  // Errors: kNotFound, kInvalid (the key file is another one).
  virtual Result<Variable> secret(std::string_view project, std::string_view environment, std::string_view service,
                                  std::string_view name, int version) = 0;

  // FULL sync: `done` means it is on disk.
  virtual void addFact(Fact fact, Done done) = 0;
  // All, oldest first; `sealed` stays empty.
  virtual Result<std::vector<Fact>> facts() = 0;
  // The newest sealed text of a group. Errors: kNotFound, kInvalid (the key file is another one).
  virtual Result<std::string> sealedFact(std::string_view project, std::string_view environment, int group) = 0;
  virtual void forgetFacts(std::string project, std::string environment, std::vector<int> groups, Done done) = 0;

  // What alerting keeps: texts by name, all of a call or none of it; "" drops one. FULL sync. Errors: kLimit.
  virtual void keepAlerts(std::map<std::string, std::string> texts, Done done) = 0;
  virtual Result<std::map<std::string, std::string>> alerts() = 0;
};

}  // namespace orbit::store

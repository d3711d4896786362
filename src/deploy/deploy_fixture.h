// For tests of deploy: plans made of compose texts as project reads them, a journal and secrets in memory.
#pragma once
#include <string>
#include <vector>

#include "deploy/deploy.h"
#include "engine/fake.h"

namespace orbit::deploy {

// A deployment of this compose text under the rules of production.
inline StartRequest requestOf(const std::string& compose, project::Production production = {}) {
  StartRequest request;
  request.snapshot.workingDir = "/app";
  request.snapshot.projectName = "shop";
  production.allowDevelopmentSecrets = true;
  for (;;) {
    auto reading = project::readDeployment(request.snapshot, production);
    if (reading.deployment) {
      request.plan = std::move(*reading.deployment);
      return request;
    }
    for (const auto& problem : reading.problems) log(Level::kError, "test", problem.text());
    ORBIT_CHECK(reading.problems.empty());
    for (const auto& path : reading.needFiles) request.snapshot.files[path];
    for (const auto& name : reading.needVariables) request.snapshot.variables[name];
    for (auto& [path, file] : request.snapshot.files) {
      if (path == "/app") file.kind = project::File::Kind::kFolder;
      if (path == "/app/compose.yaml") file = {project::File::Kind::kText, compose, ""};
    }
  }
}

// A disk that may be full and takes its time. What was appended survives the Deploy that did it, also when that one
// never hears of it.
class MemoryJournal final : public Journal {
 public:
  MemoryJournal(net::Loop& loop, std::uint64_t seed) : loop_(loop), random_(seed) {}

  net::Task<Status> append(Fact fact) override {
    const Status reached = co_await loop_.sleep(some());
    if (!reached.ok()) co_return reached;
    if (full) co_return Error{.code = Code::kNoSpace, .message = "the disk is full"};
    facts.push_back(std::move(fact));
    co_return co_await loop_.sleep(some());
  }
  Result<std::vector<Fact>> read() override {
    std::vector<Fact> all = facts;
    for (auto& fact : all) fact.sealed.clear();
    return all;
  }
  Result<std::string> sealed(const std::string& project, const std::string& environment, int group) override {
    for (const auto& fact : facts) {
      const bool same = fact.project == project && fact.environment == environment && fact.group == group;
      if (same && !fact.sealed.empty()) return fact.sealed;
    }
    return Error{.code = Code::kNotFound, .message = "no files of " + std::to_string(group)};
  }
  net::Task<Status> forget(std::string project, std::string environment, std::vector<int> groups) override {
    std::erase_if(facts, [&](const Fact& fact) {
      return fact.project == project && fact.environment == environment &&
             std::find(groups.begin(), groups.end(), fact.group) != groups.end();
    });
    co_return Status();
  }

  std::vector<Fact> facts;
  bool full = false;
  std::chrono::milliseconds slowest{0};

 private:
  Duration some() {
    if (slowest.count() == 0) return Duration(0);
    return std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(slowest.count())));
  }

  net::Loop& loop_;
  Random random_;
};

class MemorySecrets final : public Secrets {
 public:
  Result<std::vector<project::EnvironmentVariable>> variables(const std::string&, const std::string&) override {
    return all;
  }
  Result<Value> open(const std::string&, const std::string&, const std::string&, const std::string& name,
                     int version) override {
    return Value{name + "-" + std::to_string(version), version};
  }
  std::vector<project::EnvironmentVariable> all;
};

}  // namespace orbit::deploy

#include "daemon/deploy_journal.h"

#include "model/secret_mark.h"

namespace orbit::daemon {

using net::Task;

Task<Status> DeployJournal::append(deploy::Fact fact) {
  store::Fact kept{fact.project,     fact.environment,      fact.group, fact.atUs, fact.kind,
                   fact.body.dump(), std::move(fact.sealed)};
  const std::function<void(std::function<void(Status)>)> write = [&](std::function<void(Status)> done) {
    store_.addFact(kept, std::move(done));
  };
  Status written = co_await net::fromThread(loop_, write);
  if (written.ok() && told_) told_(fact);
  co_return written;
}

Result<std::vector<deploy::Fact>> DeployJournal::read() {
  ORBIT_TRY(auto kept, store_.facts());
  std::vector<deploy::Fact> facts;
  for (auto& one : kept) {
    ORBIT_TRY(auto body, format::parseJson(one.body, "the journal"));
    facts.push_back({std::move(one.project), std::move(one.environment), one.group, one.atUs, std::move(one.kind),
                     std::move(body), ""});
  }
  return facts;
}

Result<std::string> DeployJournal::sealed(const std::string& project, const std::string& environment, int group) {
  return store_.sealedFact(project, environment, group);
}

Task<Status> DeployJournal::forget(std::string project, std::string environment, std::vector<int> groups) {
  const std::function<void(std::function<void(Status)>)> write = [&](std::function<void(Status)> done) {
    store_.forgetFacts(project, environment, groups, std::move(done));
  };
  co_return co_await net::fromThread(loop_, write);
}

Result<std::vector<project::EnvironmentVariable>> DeploySecrets::variables(const std::string& project,
                                                                           const std::string& environment) {
  ORBIT_TRY(auto kept, store_.variables(project, environment));
  std::vector<project::EnvironmentVariable> all;
  for (auto& one : kept) {
    // One service's own secret has a mark of its own: another service may refer to it.
    const std::string marked = one.service.empty() ? one.name : one.service + "/" + one.name;
    std::string value = one.secret ? model::secretMark(marked) : std::move(one.value);
    all.push_back({std::move(one.name), std::move(one.service), std::move(value), one.secret, one.version});
  }
  return all;
}

Result<deploy::Secrets::Value> DeploySecrets::open(const std::string& project, const std::string& environment,
                                                   const std::string& service, const std::string& name, int version) {
  ORBIT_TRY(auto found, store_.secret(project, environment, service, name, version));
  return Value{std::move(found.value), found.version};
}

}  // namespace orbit::daemon

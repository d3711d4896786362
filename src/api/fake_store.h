// A store in memory, for tests. Thread rules: one thread; `done` is called at once.
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace orbit::api {

class FakeStore final : public store::Store {
 public:
  const std::string& home() const override { return home_; }
  void begin(store::Operation operation, Done done) override {
    if (!outcome.ok()) return done(outcome);
    journal.push_back(std::move(operation));
    done({});
  }
  void end(std::string id, std::int64_t endedUs, std::string ended, std::string detail, Done done) override {
    for (auto& each : journal) {
      if (each.id != id) continue;
      each.endedUs = endedUs;
      each.outcome = ended;
      each.detail = detail;
    }
    done({});
  }
  Result<std::vector<store::Operation>> operations(std::string_view, int) override { return journal; }
  Result<std::vector<store::Operation>> recover(std::int64_t) override { return std::vector<store::Operation>(); }
  void prune(int, Done done) override { done({}); }
  void keepAlerts(std::map<std::string, std::string> texts, Done done) override {
    for (auto& [name, text] : texts) alertTexts[name] = std::move(text);
    done({});
  }
  Result<std::map<std::string, std::string>> alerts() override { return alertTexts; }
  void addDomain(model::Domain domain, Done done) override {
    hosts.push_back(std::move(domain));
    done({});
  }
  void removeDomain(std::string host, Done done) override {
    const auto gone = std::erase_if(hosts, [&](const auto& domain) { return domain.host == host; });
    done(gone > 0 ? Status() : Status(Error{.code = Code::kNotFound, .message = "no domain " + host}));
  }
  Result<std::vector<model::Domain>> domains() override { return hosts; }
  Result<std::string> setting(std::string_view key) override { return settings[std::string(key)]; }
  void set(std::string key, std::string value, Done done) override {
    settings[std::move(key)] = std::move(value);
    done({});
  }
  void setVariables(std::vector<store::Variable> given, Done done) override {
    if (!outcome.ok()) return done(outcome);
    for (auto& variable : given) {
      const auto old = find(variable.project, variable.environment, variable.service, variable.name);
      variable.version = old == kept.end() ? 1 : old->version + 1;
      if (old != kept.end()) kept.erase(old);
      kept.push_back(std::move(variable));
    }
    done({});
  }
  void unsetVariables(std::string project, std::string environment, std::string service, std::vector<std::string> names,
                      Done done) override {
    for (const auto& name : names) {
      const auto found = find(project, environment, service, name);
      if (found == kept.end()) return done(Error{.code = Code::kNotFound, .message = "no variable " + name});
      kept.erase(found);
    }
    done({});
  }
  void revokeVariables(std::string, std::string, std::string, std::vector<std::string> names, Done done) override {
    revoked = std::move(names);
    done({});
  }
  Result<std::vector<store::Variable>> variables(std::string_view project, std::string_view environment) override {
    std::vector<store::Variable> all;
    for (const auto& variable : kept) {
      if (variable.project != project || (!environment.empty() && variable.environment != environment)) continue;
      all.push_back(variable);
      if (variable.secret) all.back().value.clear();
    }
    return all;
  }
  Result<store::Variable> secret(std::string_view project, std::string_view environment, std::string_view service,
                                 std::string_view name, int) override {
    const auto found = find(project, environment, service, name);
    if (found == kept.end()) return Error{.code = Code::kNotFound, .message = "no such variable"};
    return *found;
  }
  void addFact(store::Fact fact, Done done) override {
    history.push_back(std::move(fact));
    done({});
  }
  Result<std::vector<store::Fact>> facts() override { return history; }
  Result<std::string> sealedFact(std::string_view, std::string_view, int) override {
    return Error{.code = Code::kNotFound, .message = "nothing is kept"};
  }
  void forgetFacts(std::string, std::string, std::vector<int>, Done done) override { done({}); }

  std::vector<store::Operation> journal;
  std::vector<store::Variable> kept;
  std::vector<std::string> revoked;
  std::vector<store::Fact> history;
  std::vector<model::Domain> hosts;
  std::map<std::string, std::string> settings, alertTexts;
  Status outcome;

 private:
  std::vector<store::Variable>::iterator find(std::string_view project, std::string_view environment,
                                              std::string_view service, std::string_view name) {
    return std::find_if(kept.begin(), kept.end(), [&](const auto& one) {
      return one.project == project && one.environment == environment && one.service == service && one.name == name;
    });
  }
  std::string home_ = "home-1";
};

}  // namespace orbit::api

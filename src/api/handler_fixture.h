// For tests of the verbs: a fake engine, an in-memory journal, a deploy that only tells, and a scripted caller, on a
// simulated loop.
#pragma once
#include <gtest/gtest.h>

#include "api/api.h"
#include "api/fake_alarms.h"
#include "api/fake_store.h"
#include "engine/fake.h"

namespace orbit::api {

using format::Json;
using net::Task;

class FakeTraffic final : public traffic::Traffic {
 public:
  Task<void> listen(net::Wait) override {
    port = 8443;
    co_return;
  }
  int httpsPort() const override { return port; }
  void setDomains(std::vector<model::Domain> domains, model::TableAuthority signer) override {
    hosts = std::move(domains);
    authority = std::move(signer);
  }
  Task<void> run(net::Cancel&) override { co_return; }
  std::vector<traffic::ServiceUrl> urls(const std::string& project) const override {
    return {{"web", "https://web." + project + ".localhost"}};
  }
  void expectEnvironments() override {}
  void environmentsComplete() override {}
  Task<Status> serve(model::LiveEnvironment, net::Wait) override { co_return Status(); }
  std::vector<Error> conflicts(const model::LiveEnvironment&) const override { return {}; }
  Task<Status> drained(std::string, std::string, std::string, std::string, net::Wait) override { co_return Status(); }
  bool virtualAddresses() const override { return false; }
  std::string url(const std::string&, const std::string&, const std::string&) const override { return deployedUrl; }
  std::string openUrl(const std::string& project, const std::string& environment, const std::string& service,
                      const std::string& release) const override {
    if (release != "r12") return "";
    return "https://" + service + "." + environment + "." + project + ".localhost/?pin=" + release;
  }
  std::vector<model::Domain> deployedDomains() const override { return {}; }
  std::string probeKey() const override { return ""; }
  Task<void> known(net::Wait) override {
    ++askedKnown;
    co_return;
  }
  Task<void> settle(std::string, bool changed, net::Wait) override {
    settled.push_back(changed);
    co_return;
  }
  std::vector<model::Warning> warnings(const std::string&) const override { return {}; }
  Task<void> makeRoom(std::vector<int> ports, net::Wait) override {
    room = std::move(ports);
    co_return;
  }
  Task<std::vector<traffic::DomainReport>> report(std::vector<model::Domain> domains, net::Wait) override {
    std::vector<traffic::DomainReport> all;
    for (auto& domain : domains) {
      all.emplace_back();
      all.back().domain = std::move(domain);
      all.back().records = {"A 198.18.0.7"};
    }
    co_return all;
  }

  int askedKnown = 0, port = 443;
  std::vector<model::Domain> hosts;
  model::TableAuthority authority;
  std::string deployedUrl;
  std::vector<bool> settled;
  std::vector<int> room;
};

class FakeSecrets final : public deploy::Secrets {
 public:
  Result<std::vector<project::EnvironmentVariable>> variables(const std::string& project,
                                                              const std::string& environment) override {
    asked.push_back(project + " " + environment);
    return set;
  }
  Result<Value> open(const std::string&, const std::string&, const std::string&, const std::string& name,
                     int) override {
    return Error{.code = Code::kNotFound, .message = "no secret " + name};
  }
  std::vector<project::EnvironmentVariable> set;
  std::vector<std::string> asked;
};

// Takes what it is told to do down, tells what it is to tell, and ends as it is to end.
class FakeDeploy final : public deploy::Deploy {
 public:
  explicit FakeDeploy(net::Loop& loop) : loop_(loop) {}
  Task<void> run(net::Cancel&) override { co_return; }
  Task<Status> ready(net::Wait) override { co_return Status(); }
  Task<std::vector<Change>> compare(deploy::StartRequest request, net::Wait) override {
    started = std::move(request);
    co_return changes;
  }
  Task<deploy::Outcome> start(deploy::StartRequest request, deploy::Stage until, deploy::Observer observer,
                              net::Wait wait) override {
    called = "start " + std::string(deploy::stageName(until));
    started = std::move(request);
    return tell(std::move(observer), wait);
  }
  Task<deploy::Outcome> follow(std::string project, std::string environment, int group, deploy::Stage until,
                               deploy::Observer observer, net::Wait wait) override {
    called = "follow " + project + " " + environment + " " + std::to_string(group) + " " +
             std::string(deploy::stageName(until));
    return tell(std::move(observer), wait);
  }
  Task<Status> cancel(std::string project, std::string environment, net::Wait) override {
    called = "cancel " + project + " " + environment;
    co_return cancelled;
  }
  Task<deploy::Outcome> rollback(std::string project, std::string environment, std::string target,
                                 deploy::Observer observer, net::Wait wait) override {
    called = "rollback " + project + " " + environment + " " + target;
    return tell(std::move(observer), wait);
  }
  Task<deploy::Outcome> promote(std::string project, std::string environment, deploy::Observer observer,
                                net::Wait wait) override {
    called = "promote " + project + " " + environment;
    return tell(std::move(observer), wait);
  }
  Task<deploy::Outcome> remove(std::string project, std::string environment, bool volumes, deploy::Observer observer,
                               net::Wait wait) override {
    called = "remove " + project + " " + environment + (volumes ? " with volumes" : "");
    return tell(std::move(observer), wait);
  }
  std::vector<deploy::StatusRow> status(const std::string& project, const std::string& environment) const override {
    std::vector<deploy::StatusRow> found = rows;
    std::erase_if(found, [&](const auto& row) {
      return (!project.empty() && row.project != project) || (!environment.empty() && row.environment != environment);
    });
    return found;
  }
  std::vector<deploy::ReleaseRow> releases(const std::string&, const std::string&) const override { return made; }
  Result<Json> show(const std::string&, const std::string&, const std::string& release) const override {
    if (release == "r12") return Json::object({{"release", release}});
    return Error{.code = Code::kNotFound, .message = "no release " + release};
  }

  std::string called;
  deploy::StartRequest started;
  std::vector<Change> changes;
  std::vector<deploy::Event> events;
  Duration takes{};
  deploy::Outcome outcome;
  Status cancelled;
  std::vector<deploy::StatusRow> rows;
  std::vector<deploy::ReleaseRow> made;
  bool finished = false;
  deploy::Observer kept;  // as deploy may do

 private:
  Task<deploy::Outcome> tell(deploy::Observer observer, net::Wait wait) {
    for (const auto& event : events) observer.event(event);
    if (takes > Duration{}) static_cast<void>(co_await loop_.sleep(takes, wait));
    finished = wait.cancel == nullptr || !wait.cancel->requested();
    kept = observer;
    co_return outcome;
  }
  net::Loop& loop_;
};

struct Reply {
  int status = 0;
  std::string answer;

  // The events of the answer, by name.
  std::vector<Json> events(std::string_view name) const {
    std::vector<Json> found;
    for (const auto line : split(answer, '\n')) {
      if (line.empty()) continue;
      Json event = std::move(format::parseJson(line)).value();
      if (event["event"].asString() == name) found.push_back(std::move(event));
    }
    return found;
  }
  std::string outcome() const {
    const auto results = events("result");
    return results.size() == 1 ? results[0]["outcome"].asString() : "no single result: " + answer;
  }
};

// One request, and what was answered to it.
class FakeExchange final : public http::Exchange {
 public:
  FakeExchange(std::string method, std::string target, std::string body) : body_(std::move(body)) {
    head_.method = std::move(method);
    head_.target = std::move(target);
  }
  const http::RequestHead& request() const override { return head_; }
  Task<Result<std::string>> readBody(net::Wait) override { co_return std::exchange(body_, ""); }
  Task<Result<std::string>> readWholeBody(std::size_t, net::Wait) override { co_return body_; }
  Task<Status> respond(int code, http::Fields, std::string text) override {
    reply.status = code;
    reply.answer = std::move(text);
    co_return Status();
  }
  Task<Status> begin(int code, http::Fields) override {
    reply.status = code;
    co_return Status();
  }
  Task<Status> write(std::string piece) override {
    reply.answer += piece;
    co_return Status();
  }
  Task<Result<std::unique_ptr<net::Stream>>> upgrade(std::string) override {
    co_return Error{.code = Code::kUnavailable, .message = "no upgrade here"};
  }
  net::Cancel& gone() override { return gone_; }

  Reply reply;

 private:
  http::RequestHead head_;
  std::string body_;
  net::Cancel gone_;
};

inline constexpr std::string_view kCompose = "services:\n  db: {image: db}\n  web: {image: web, depends_on: [db]}\n";

void removeFolder(const std::string& folder);  // handler_test.cc

class Handler : public testing::Test {
 protected:
  Handler() {
    for (const char* image : {"db", "web"}) engine->addImage(image);
    engine->setBehaviour("db", saying({"db one", "db two"}));
    engine->setBehaviour("web", saying({"web one"}));
    std::string pattern = testing::TempDir() + "orbit-api-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    handle = handler({loop, *engine, stack, store, traffic, deploy, alarms, secrets, folder + "/contexts", stop, ""});
  }
  ~Handler() override { removeFolder(folder); }

  static engine::FakeBehaviour saying(std::vector<std::string> lines) {
    engine::FakeBehaviour behaviour;
    behaviour.log = std::move(lines);
    return behaviour;
  }
  static std::string body(std::string_view rest = "{}", std::string_view compose = kCompose) {
    Json json = std::move(format::parseJson(rest)).value();
    Json file = Json::object({{"kind", "text"}, {"text", compose}});
    Json files = Json::object();
    files.set("/src/shop/compose.yaml", std::move(file));
    Json snapshot = Json::object({{"workingDir", "/src/shop"}, {"projectName", "shop"}});
    snapshot.set("composeFiles", Json::array({"/src/shop/compose.yaml"}));
    snapshot.set("files", std::move(files));
    json.set("snapshot", std::move(snapshot));
    return json.dump();
  }
  static Task<bool> one(http::Handler& handler, http::Exchange& exchange) {
    co_await handler(exchange);
    co_return true;
  }
  // Sends the request, adding the files and variables it is asked for as absent.
  Reply send(const std::string& method, const std::string& target, const std::string& text = "") {
    FakeExchange exchange(method, target, text);
    loop.runTask(one(handle, exchange));
    const auto needs = exchange.reply.events("need");
    if (needs.empty() || !needs[0]["contexts"].items().empty()) return exchange.reply;
    Json json = std::move(format::parseJson(text)).value();
    Json snapshot = json["snapshot"];
    Json files = snapshot["files"], variables = snapshot["variables"];
    for (const auto& file : needs[0]["files"].asStrings()) files.set(file, Json::object({{"kind", "absent"}}));
    for (const auto& name : needs[0]["variables"].asStrings()) variables.set(name, Json());
    snapshot.set("files", std::move(files));
    if (!variables.isNull()) snapshot.set("variables", std::move(variables));
    json.set("snapshot", std::move(snapshot));
    complete = json.dump();
    return send(method, target, complete);
  }

  FakeClock clock;
  net::Loop loop{clock};
  std::unique_ptr<engine::FakeEngine> engine = engine::FakeEngine::create(loop, 1);
  FakeStore store;
  stack::Stack stack{loop, *engine, "home-1"};
  FakeTraffic traffic;
  FakeDeploy deploy{loop};
  FakeAlarms alarms;
  FakeSecrets secrets;
  net::Cancel stop;
  std::string folder;
  std::string complete;  // the last request that needed no more
  http::Handler handle;
};

}  // namespace orbit::api

// What the tests of whole operations share: a Stack on the fake engine and virtual time, and a plan to bend.
#pragma once
#include <gtest/gtest.h>

#include "engine/fake.h"
#include "stack/limits.h"
#include "stack/names.h"
#include "stack/stack.h"

namespace orbit::stack {

using Condition = model::Dependency::Condition;
using net::Task;

class StackTest : public testing::Test {
 protected:
  StackTest() : loop_(clock_), engine_(engine::FakeEngine::create(loop_, 1)), stack_(loop_, *engine_, "home") {
    plan_.project = "shop";
    plan_.workingDir = "/src/shop";
    model::Network network;
    network.key = "default";
    network.name = "shop_default";
    plan_.networks = {network};
  }

  // A service of an image of the same name, which is there.
  model::Service& add(const std::string& name, engine::FakeBehaviour behaviour = {}) {
    engine_->addImage(name + ":1");
    engine_->setBehaviour(name + ":1", std::move(behaviour));
    model::Service service;
    service.name = name;
    service.container.image = name + ":1";
    service.configHash = name + "-hash";
    service.at = {"/src/shop/compose.yaml", 3, 3};
    model::NetworkAttachment attachment;
    attachment.network = "default";
    service.container.networks = {attachment};
    plan_.services.push_back(std::move(service));
    return plan_.services.back();
  }

  static model::HealthCheck check(Duration interval = 5s) {
    model::HealthCheck made;
    made.test = {"CMD", "check"};
    made.interval = interval;
    return made;
  }

  static model::Dependency on(const std::string& name, Condition condition = Condition::kHealthy) {
    model::Dependency made;
    made.service = name;
    made.condition = condition;
    return made;
  }

  Observer observer() {
    Observer made;
    made.step = [this](const Step& step) { steps_.push_back(step.name + " " + step.state); };
    made.warning = [this](const model::Warning& warning) { warnings_.push_back(warning.message); };
    return made;
  }

  Outcome up(UpOptions options = {}, net::Wait wait = {}) {
    return loop_.runTask(stack_.up(plan_, std::move(options), observer(), wait));
  }
  Outcome down(Stack::DownOptions options = {}) {
    return loop_.runTask(stack_.down("shop", &plan_, std::move(options), observer(), {}));
  }
  Outcome change(Stack::Verb verb, std::vector<std::string> services = {}) {
    return loop_.runTask(stack_.change(verb, "shop", &plan_, std::move(services), std::nullopt, observer(), {}));
  }
  std::vector<Stack::Row> rows(bool all = true) {
    return std::move(loop_.runTask(stack_.list("shop", all, {}))).value();
  }
  std::string journalSince(std::size_t from) const {
    const auto& all = engine_->journal();
    return join({all.begin() + static_cast<std::ptrdiff_t>(from), all.end()}, "\n");
  }

  FakeClock clock_;
  net::Loop loop_;
  std::unique_ptr<engine::FakeEngine> engine_;
  Stack stack_;
  model::Plan plan_;
  std::vector<std::string> steps_, warnings_;
};

}  // namespace orbit::stack

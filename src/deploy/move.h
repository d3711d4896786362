// A group on its way to being live: build, check, pre-deploy commands, instances, gate, share. What happens then is
// watch.h's. Private to deploy. Thread rules: the thread of its Loop.
#pragma once
#include <memory>
#include <set>
#include <string>

#include "deploy/environment.h"

namespace orbit::deploy {

class Move {
 public:
  Move(Environment& environment, StartRequest request, int number)
      : environment_(environment),
        request_(std::move(request)),
        plan_(std::make_shared<const model::Deployment>(request_.plan)),
        number_(number),
        progress_(environment.progress.at(number)) {}

  // Until the group is live or has ended otherwise; what happened is recorded and told. Ok: it is live and watched.
  net::Task<Status> run(net::Cancel& cancel, const bool& superseded);

  // Whether the contexts that builds need are there; else what is needed. Nothing is changed.
  static net::Task<Outcome> neededContexts(Environment& environment, const StartRequest& request, net::Wait wait);

 private:
  net::Task<Status> begin();
  net::Task<Status> images(net::Wait wait);
  Status fillBuild(model::Plan& plan);
  net::Task<Status> imageOf(const model::DeployService& service, net::Wait wait);
  net::Task<Status> changes(net::Wait wait);
  net::Task<Status> unchanged();
  net::Task<Status> checks(net::Wait wait);
  net::Task<Status> waitForShare(net::Wait wait);
  net::Task<Status> takeTurn(Turn& turn, net::Wait wait);
  net::Task<Status> bringUpAll(net::Wait wait);
  net::Task<Status> bringUpOne(const model::DeployService& service, net::Wait wait);
  net::Task<Status> runCommand(const model::DeployService& service, std::string task, std::vector<std::string> command,
                               net::Wait wait);
  net::Task<Status> goLive(net::Wait wait);
  net::Task<Status> verify(net::Wait wait);
  net::Task<void> undo(Error why, bool superseded);
  void tell(Stage stage, const std::string& service, std::string text);
  const Group& group() const { return *environment_.state().find(number_); }
  std::vector<const model::DeployService*> inOrder() const;
  bool selected(const std::string& service) const;

  Environment& environment_;
  const StartRequest request_;
  const std::shared_ptr<const model::Deployment> plan_;
  const int number_;
  const std::shared_ptr<Progress> progress_;
  stack::Failure failure_;
  std::set<std::string> shown_;  // secrets that builds were given: their output must not show them
  std::set<std::string> up_;     // services that are through their gate
};

// What the plan's services are built as, for stack.
model::Plan buildPlan(const EnvironmentKey& key, const StartRequest& request, int number);

}  // namespace orbit::deploy

// Who serves what deploy says: its seam Traffic over the room of that name. Private to daemon. Thread rules: the thread
// of the Loop.
#pragma once
#include "deploy/deploy.h"
#include "traffic/traffic.h"

namespace orbit::daemon {

class DeployTraffic final : public deploy::Traffic {
 public:
  explicit DeployTraffic(traffic::Traffic& traffic) : traffic_(traffic) {}

  net::Task<Status> serve(model::LiveEnvironment environment, net::Wait wait) override {
    return traffic_.serve(std::move(environment), wait);
  }
  net::Task<Status> drained(std::string project, std::string environment, std::string service, std::string release,
                            net::Wait wait) override {
    return traffic_.drained(std::move(project), std::move(environment), std::move(service), std::move(release), wait);
  }
  bool virtualAddresses() const override { return traffic_.virtualAddresses(); }
  std::string url(const std::string& project, const std::string& environment,
                  const std::string& service) const override {
    return traffic_.url(project, environment, service);
  }

 private:
  traffic::Traffic& traffic_;
};

}  // namespace orbit::daemon

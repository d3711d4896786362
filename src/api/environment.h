// What the verbs about an environment have in common: which one, its files read as it will run them, and work on it.
// Private to api. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/event_stream.h"
#include "api/fields.h"
#include "api/shared.h"
#include "api/target.h"
#include "deploy/deploy.h"

namespace orbit::api {

inline constexpr std::string_view kDevelopment = "development";
inline constexpr std::string_view kProduction = "production";

// `environment` of a request, production when it names none. Errors: kInvalid for development, which has no releases,
// and for what is no environment's name.
Result<std::string> deployedEnvironment(const std::string& given);

// Tells what stands in the way of knowing the project; what `up` would warn of is not told. The target, or nullptr.
const Target* tellNamed(EventStream& stream, const TargetReading& reading);

// A project by its snapshot or its name, and an environment of it.
struct EnvironmentRequest {
  TargetRequest target;
  std::string environment;
};

// The files as the environment will run them, with the variables it has; or what is needed or wrong is told, and the
// outcome to end with.
struct DeploymentAnswer {
  std::optional<model::Deployment> deployment;
  std::string outcome;  // need or failed, when there is none
};
DeploymentAnswer readDeployment(Shared& shared, EventStream& stream, const project::Snapshot& snapshot,
                                project::Production production);

// Tells what deploy tells. Deploy may hold the observer for longer than the stream is there.
class DeployListener {
 public:
  explicit DeployListener(EventStream& stream) : stream_(std::make_shared<EventStream*>(&stream)) {}
  ~DeployListener() { *stream_ = nullptr; }
  DeployListener(const DeployListener&) = delete;
  DeployListener& operator=(const DeployListener&) = delete;
  deploy::Observer observer() const;

 private:
  std::shared_ptr<EventStream*> stream_;  // null inside once we are gone
};

// Work on an environment, written to the journal before it begins and when it ends. Not in the project's queue: deploy
// orders what happens to an environment itself. The caller going away does not stop it. `frees`: works, with a warning,
// when the journal cannot be written.
using EnvironmentWork = std::function<net::Task<deploy::Outcome>(deploy::Observer observer, net::Wait wait)>;
struct EnvironmentChange {
  std::string kind, project, environment;
  bool frees = false;
};
// Tells failures and needs; what the result says beside its outcome is in `result`.
struct EnvironmentResult {
  std::string outcome;
  format::Json result;
};
net::Task<EnvironmentResult> changeEnvironment(Shared& shared, EventStream& stream, EnvironmentChange what,
                                               EnvironmentWork work);
// The same for one that only looks: not journaled, and ended by its caller going away.
net::Task<EnvironmentResult> watchEnvironment(Shared& shared, EventStream& stream, EnvironmentChange what,
                                              EnvironmentWork work, net::Wait wait);

// A whole verb that needs no more than a project and an environment: reads the target, works, finishes. `work` gets the
// project's name.
using NamedWork =
    std::function<net::Task<deploy::Outcome>(std::string project, deploy::Observer observer, net::Wait wait)>;
net::Task<void> changeByName(Shared& shared, http::Exchange& exchange, std::string kind, EnvironmentRequest request,
                             bool frees, NamedWork work);

}  // namespace orbit::api

// `healthcheck`.
#include "project/plan.h"

namespace orbit::project {
namespace {

void planTest(const Fields& fields, model::HealthCheck& check) {
  const format::Node* test = fields.find("test");
  if (test == nullptr) return;
  if (test->isScalar()) {
    if (!test->text.empty()) check.test = {"CMD-SHELL", test->text};
    return;
  }
  check.test = fields.strings("test");
  if (check.test.empty()) return;
  const std::string& form = check.test.front();
  if (form == "NONE") {
    check.disabled = true;
    check.test.clear();
  } else if (form != "CMD" && form != "CMD-SHELL") {
    fields.problem("test", "the list starts with `" + form + "`",
                   "start it with CMD (a program and its arguments) or CMD-SHELL (a line for the shell), for example "
                   "[\"CMD\", \"" +
                       form + "\", …]");
  } else if (check.test.size() == 1) {
    fields.problem("test", "`" + form + "` without anything to run", "for example [\"CMD\", \"redis-cli\", \"ping\"]");
  }
}

}  // namespace

void planHealth(const Fields& service, model::ContainerSpec& container) {
  if (!service.has("healthcheck")) return;
  const Fields fields = service.in("healthcheck");
  constexpr std::int64_t kRetriesMax = 1'000'000;
  model::HealthCheck check;
  planTest(fields, check);
  check.disabled = check.disabled || fields.isSet("disable");
  check.interval = fields.duration("interval");
  check.timeout = fields.duration("timeout");
  check.startPeriod = fields.duration("start_period");
  check.startInterval = fields.duration("start_interval");
  if (const auto retries = fields.integer("retries", 0, kRetriesMax)) check.retries = static_cast<int>(*retries);
  if (check.disabled) {
    check = {};
    check.disabled = true;
  }
  container.healthCheck = check;
}

}  // namespace orbit::project

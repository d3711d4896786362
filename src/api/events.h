// What the API tells, as JSON (docs/api.md, "Events"). Private to api. Thread rules: pure.
#pragma once
#include <string>
#include <vector>

#include "engine/types.h"
#include "format/json.h"
#include "model/deployment.h"
#include "model/plan.h"
#include "stack/stack.h"
#include "store/store.h"
#include "traffic/traffic.h"

namespace orbit::api {

format::Json problemEvent(const Error& error);
format::Json warningEvent(const model::Warning& warning);
format::Json waitingEvent(const std::string& project, const std::string& kind);
format::Json stepEvent(const stack::Step& step);
format::Json buildEvent(const std::string& service, std::string_view line);
format::Json failureEvent(const stack::Failure& failure);
format::Json needEvent(const std::vector<std::string>& files, const std::vector<std::string>& variables,
                       const std::vector<stack::NeededContext>& contexts);
format::Json configEvent(const model::Plan& plan, const std::string& text);
format::Json configEvent(const model::Deployment& deployment, const std::string& text);
format::Json rowEvent(const stack::Stack::Row& row, const std::string& url);
// Of a deployed container.
format::Json rowEvent(const stack::Stack::Row& row, const std::string& url, const std::string& environment,
                      const std::string& release);
format::Json urlEvent(const traffic::ServiceUrl& url);
format::Json createdEvent(const std::string& container);
format::Json droppedEvent(std::size_t events);
format::Json resultEvent(std::string_view outcome, Duration elapsed);

format::Json engineJson(const engine::EngineInfo& info);
format::Json projectJson(const stack::Stack::ProjectRow& row);
format::Json operationJson(const store::Operation& operation);
// Never with a secret's value.
format::Json variableJson(const store::Variable& variable);
format::Json domainJson(const traffic::DomainReport& report);

}  // namespace orbit::api

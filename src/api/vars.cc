// vars: what the store keeps of an environment's variables. A secret's value comes in and never goes out.
#include <fmt/format.h>

#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"
#include "format/url.h"

namespace orbit::api {
namespace {

using format::Json;

constexpr std::string_view kProduction = "production";
constexpr std::string_view kDevelopment = "development";
constexpr std::size_t kEnvironmentBytesMax = 100;

// "production", "staging", "preview/pull-7"
Status checkEnvironment(const std::string& name) {
  if (name == kDevelopment) {
    return Error{.code = Code::kInvalid,
                 .message = "development has no variables of its own: `orbit up` takes them from .env and the shell",
                 .hint = "write it into .env, or name another environment with -E"};
  }
  const auto wrong = [](char c) {
    return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/');
  };
  if (name.size() <= kEnvironmentBytesMax && std::none_of(name.begin(), name.end(), wrong)) return {};
  return Error{.code = Code::kInvalid,
               .message = "the name of an environment has only a-z, 0-9, '-', '_', '.' and '/'",
               .hint = "such as production, staging or preview/pull-7"};
}

// Reads what all have in common, last.
Result<VariablesRequest> finish(Fields& fields, VariablesRequest request) {
  request.environment = fields.text("environment");
  request.service = fields.text("service");
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  if (request.environment.empty()) request.environment = kProduction;
  ORBIT_TRY_STATUS(checkEnvironment(request.environment));
  for (auto& variable : request.variables) {
    variable.environment = request.environment;
    variable.service = request.service;
  }
  return request;
}

// The files of development need not name every service of production, so an unknown one is only doubted.
void doubtService(EventStream& stream, const Target& target, const std::string& service) {
  if (service.empty() || !target.plan || target.plan->find(service) != nullptr) return;
  std::vector<std::string_view> names;
  for (const auto& one : target.plan->services) names.push_back(one.name);
  const auto meant = nearest(service, names);
  stream.tell(warningEvent({fmt::format("{} has no service {} in these files", target.project, service),
                            meant.empty() ? "" : fmt::format("did you mean {}?", meant),
                            {}}));
}

using Wanted = std::function<bool(const store::Variable&)>;

net::Task<Status> tellVariables(Shared& shared, EventStream& stream, std::string project, std::string environment,
                                Wanted wanted, net::Wait wait) {
  ORBIT_CO_TRY(const auto all, shared.services.store.variables(project, environment));
  for (const auto& variable : all) {
    if (!wanted(variable)) continue;
    Json event = Json::object({{"event", "variable"}});
    const Json json = variableJson(variable);
    for (const auto& [name, value] : json.members()) event.set(name, value);
    ORBIT_CO_TRY_STATUS(co_await stream.send(std::move(event), wait));
  }
  co_return Status();
}

// `edit` starts the write, or is empty for a listing.
using Edit = std::function<void(VariablesRequest& request, const std::string& project, store::Store::Done done)>;

net::Task<Status> changeAndTell(Shared& shared, EventStream& stream, VariablesRequest& request, std::string project,
                                Edit edit, net::Wait wait) {
  Wanted wanted = [&request](const store::Variable& variable) {
    return request.service.empty() || variable.service.empty() || variable.service == request.service;
  };
  if (edit) {
    for (const auto& variable : request.variables) request.names.push_back(variable.name);
    const Write write = [&](store::Store::Done done) { edit(request, project, std::move(done)); };
    ORBIT_CO_TRY_STATUS(co_await net::fromThread(shared.services.loop, write));
    wanted = [&request](const store::Variable& variable) {
      const auto& names = request.names;
      return variable.service == request.service && std::find(names.begin(), names.end(), variable.name) != names.end();
    };
  }
  std::string environment = request.environment;
  co_return co_await tellVariables(shared, stream, std::move(project), std::move(environment), std::move(wanted), wait);
}

net::Task<void> serve(Shared& shared, http::Exchange& exchange, Result<VariablesRequest> request, Edit edit) {
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  CallerCancel caller(shared, exchange);
  TargetReading reading = readTargetsName(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    doubtService(stream, *target, request->service);
    const net::Wait wait = shortWait(shared, caller.cancel());
    std::string project = target->project;
    const Status done = co_await changeAndTell(shared, stream, *request, std::move(project), std::move(edit), wait);
    outcome = done.ok() ? "ok" : "failed";
    if (!done.ok()) stream.tell(problemEvent(done.error()));
  }
  co_await stream.finish(outcome);
}

}  // namespace

Result<VariablesRequest> decodeListVariables(const Json& body) {
  Fields fields(body);
  return finish(fields, {});
}

Result<VariablesRequest> decodeSetVariables(const Json& body) {
  Fields fields(body);
  VariablesRequest request;
  const bool secret = fields.flag("secret", true);
  for (auto& [name, value] : fields.textMap("variables")) {
    store::Variable variable;
    variable.name = name;
    variable.value = std::move(value);
    variable.secret = secret;
    request.variables.push_back(std::move(variable));
  }
  ORBIT_TRY(request, finish(fields, std::move(request)));
  if (request.variables.empty()) return Error{.code = Code::kInvalid, .message = "variables must be given"};
  return request;
}

Result<VariablesRequest> decodeNamedVariables(const Json& body) {
  Fields fields(body);
  VariablesRequest request;
  request.names = fields.texts("names");
  ORBIT_TRY(request, finish(fields, std::move(request)));
  if (request.names.empty()) return Error{.code = Code::kInvalid, .message = "names must be given"};
  return request;
}

net::Task<void> listVariables(Shared& shared, http::Exchange& exchange, Json body) {
  Edit none;
  auto request = decodeListVariables(body);
  co_await serve(shared, exchange, std::move(request), std::move(none));
}

net::Task<void> setVariables(Shared& shared, http::Exchange& exchange, Json body) {
  Edit edit = [&shared](VariablesRequest& request, const std::string& project, store::Store::Done done) {
    for (auto& variable : request.variables) {
      variable.project = project;
      variable.setUs = shared.services.loop.clock().wallUs();
    }
    shared.services.store.setVariables(std::move(request.variables), std::move(done));
  };
  auto request = decodeSetVariables(body);
  co_await serve(shared, exchange, std::move(request), std::move(edit));
}

net::Task<void> unsetVariables(Shared& shared, http::Exchange& exchange, Json body) {
  Edit edit = [&shared](VariablesRequest& request, const std::string& project, store::Store::Done done) {
    shared.services.store.unsetVariables(project, request.environment, request.service, request.names, std::move(done));
  };
  auto request = decodeNamedVariables(body);
  co_await serve(shared, exchange, std::move(request), std::move(edit));
}

net::Task<void> revokeVariables(Shared& shared, http::Exchange& exchange, Json body) {
  Edit edit = [&shared](VariablesRequest& request, const std::string& project, store::Store::Done done) {
    shared.services.store.revokeVariables(project, request.environment, request.service, request.names,
                                          std::move(done));
  };
  auto request = decodeNamedVariables(body);
  co_await serve(shared, exchange, std::move(request), std::move(edit));
}

net::Task<void> variables(Shared& shared, http::Exchange& exchange, std::string query) {
  std::string project, environment;
  for (const auto part : split(query, '&')) {
    const auto equals = std::min(part.find('='), part.size());
    const auto value = format::percentDecode(part.substr(std::min(equals + 1, part.size())));
    if (part.substr(0, equals) == "project") project = value;
    if (part.substr(0, equals) == "environment") environment = value;
  }
  const auto all = shared.services.store.variables(project, environment);
  if (!all.ok()) co_return co_await refuse(exchange, all.error());
  Json list = Json::array();
  for (const auto& variable : *all) list.push(variableJson(variable));
  Json body = Json::object();
  body.set("variables", std::move(list));
  co_await answer(exchange, std::move(body));
}

}  // namespace orbit::api

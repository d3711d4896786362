// One function a verb, each in a file of its own name. A verb decodes the request, makes one call on one room, and
// tells what comes of it. Private to api. Thread rules: the thread of the Loop.
#pragma once
#include <string>

#include "api/shared.h"

namespace orbit::api {

// POST with a JSON object.
using Verb = net::Task<void> (*)(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> up(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> down(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> start(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> stop(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> restart(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> build(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> pull(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> config(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> ps(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> logs(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> exec(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> run(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> attach(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> requests(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> addDomain(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> removeDomain(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> setAuthority(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> listVariables(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> setVariables(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> unsetVariables(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> revokeVariables(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> shutdown(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> startDeploy(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> planDeploy(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> followDeploy(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> cancelDeploy(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> rollback(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> promote(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> removeEnvironment(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> nameProject(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> changeIncident(Shared& shared, http::Exchange& exchange, format::Json body);
net::Task<void> testReceiver(Shared& shared, http::Exchange& exchange, format::Json body);

// GET, and the upload. `query` is what stands behind the target's '?'.
using Question = net::Task<void> (*)(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> version(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> projects(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> domains(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> authority(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> variables(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> operations(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> status(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> containers(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> metrics(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> releases(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> openRelease(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> release(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> uploadContext(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> alerts(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> incidents(Shared& shared, http::Exchange& exchange, std::string query);
net::Task<void> objectives(Shared& shared, http::Exchange& exchange, std::string query);

// Those that are open, for `status`; "" for all.
format::Json openIncidents(Shared& shared, const std::string& project, const std::string& environment);

// What a Prometheus reads: GET /metrics as it is, GET /v1/exposition as a member of JSON.
net::Task<void> exposition(Shared& shared, http::Exchange& exchange);
net::Task<void> exposedText(Shared& shared, http::Exchange& exchange, std::string query);

}  // namespace orbit::api

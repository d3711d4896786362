// What GET /v1/status of the control socket says.
#include <unistd.h>

#include "plane/process.h"

namespace orbit::plane {
namespace {

using format::Json;

std::string_view nameOf(model::TableListener::Protocol protocol) {
  switch (protocol) {
    case model::TableListener::Protocol::kHttp:
      return "http";
    case model::TableListener::Protocol::kHttps:
      return "https";
    case model::TableListener::Protocol::kTcp:
      break;
  }
  return "tcp";
}

std::string_view nameOf(cert::CertificateState::Kind kind) {
  switch (kind) {
    case cert::CertificateState::Kind::kValid:
      return "valid";
    case cert::CertificateState::Kind::kWaiting:
      return "waiting";
    case cert::CertificateState::Kind::kRenewing:
      return "renewing";
    case cert::CertificateState::Kind::kFailed:
      return "failed";
    case cert::CertificateState::Kind::kExpired:
      break;
  }
  return "expired";
}

Json certificateJson(const cert::CertificateState& state) {
  return Json::object({{"hosts", Json::strings(state.hosts)},
                       {"authority", state.authority},
                       {"state", nameOf(state.kind)},
                       {"notAfterUs", state.notAfterUs},
                       {"fingerprint", state.fingerprint},
                       {"problem", state.problem},
                       {"failures", state.failures},
                       {"nextTryUs", state.nextTryUs}});
}

Json instanceJson(const edge::Edge::InstanceStatus& instance) {
  return Json::object({{"service", instance.service},
                       {"release", instance.release},
                       {"instance", instance.instance},
                       {"address", instance.address},
                       {"healthy", instance.healthy},
                       {"why", instance.why},
                       {"active", static_cast<int>(instance.active)},
                       {"leaving", instance.leaving}});
}

}  // namespace

Json Process::status() const {
  Json listeners = Json::array(), certificates = Json::array(), instances = Json::array();
  for (const auto& listener : table_->listeners) {
    listeners.push(Json::object({{"name", listener.name},
                                 {"address", listener.address},
                                 {"protocol", nameOf(listener.protocol)},
                                 {"served", sockets_.serves(listener)}}));
  }
  for (const auto& state : keeper_->states()) certificates.push(certificateJson(state));
  const auto state = edge_->state();
  for (const auto& instance : state.instances) instances.push(instanceJson(instance));
  Json body = Json::object({{"version", buildVersion()},
                            {"generation", generation_},
                            {"pid", static_cast<int>(::getpid())},
                            {"workers", static_cast<int>(workers_)},
                            {"draining", stop_.requested()},
                            {"table", Json::object({{"checksum", checksum_},
                                                    {"version", table_->version},
                                                    {"appliedUs", appliedUs_},
                                                    {"kept", kept_.ok()},
                                                    {"routes", static_cast<int>(table_->routes.size())},
                                                    {"services", static_cast<int>(table_->services.size())}})},
                            {"connections", state.connections},
                            {"requests", state.requests},
                            {"upgraded", state.upgraded},
                            {"paused", state.paused},
                            {"swapping", state.swapping}});
  body.set("listeners", std::move(listeners));
  body.set("certificates", std::move(certificates));
  body.set("instances", std::move(instances));
  return body;
}

}  // namespace orbit::plane

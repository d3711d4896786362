// domains: what is kept in the store, told to traffic at once.
#include <fmt/format.h>

#include "api/events.h"
#include "api/requests.h"
#include "api/verbs.h"

namespace orbit::api {
namespace {

using format::Json;
using Challenge = model::TableAuthority::Challenge;

constexpr auto kReportTime = std::chrono::seconds(15);
constexpr const char* kAuthoritySetting = "acme";

Result<model::TableAuthority> keptAuthority(Shared& shared) {
  ORBIT_TRY(const std::string text, shared.services.store.setting(kAuthoritySetting));
  return traffic::readAuthority(text);
}

// What the store says now is what traffic goes by.
Status refresh(Shared& shared) {
  ORBIT_TRY(auto all, shared.services.store.domains());
  ORBIT_TRY(auto signer, keptAuthority(shared));
  shared.services.traffic.setDomains(std::move(all), std::move(signer));
  return {};
}

bool isWildcard(const model::Domain& domain) {
  return startsWith(domain.host, "*.");
}

// A wildcard's certificate comes by dns-01 only (RFC 8555 7.1.3 leaves it to the server; all public ones ask for it).
Status checkProvable(Shared& shared, const model::Domain& domain) {
  ORBIT_TRY(const auto signer, keptAuthority(shared));
  if (!isWildcard(domain) || signer.challenge == Challenge::kDns01) return {};
  return Error{.code = Code::kInvalid,
               .message = domain.host + " is a wildcard, which only dns-01 can prove",
               .hint = "set it up first: orbit domains authority --challenge dns-01, with --dns-server or --dns-hook"};
}

Status checkService(const Target& target, const std::string& service) {
  if (!target.plan || target.plan->find(service) != nullptr) return {};
  std::vector<std::string_view> names;
  for (const auto& one : target.plan->services) names.push_back(one.name);
  const auto near = nearest(service, names);
  std::vector<std::string> shown(names.begin(), names.end());
  return Error{.code = Code::kNotFound,
               .message = fmt::format("{} has no service {}", target.project, service),
               .hint = near.empty() ? "its services are " + join(shown, ", ") : fmt::format("did you mean {}?", near)};
}

// Whether the host leads to a deployed service by now.
bool isServed(Shared& shared, const model::Domain& domain) {
  return !shared.services.traffic.url(domain.project, domain.environment, domain.service).empty();
}

// A host that a deployed service has by its file: only that service may have it as a domain as well.
Status checkFree(Shared& shared, const model::Domain& domain) {
  for (const auto& other : shared.services.traffic.deployedDomains()) {
    if (other.host != domain.host) continue;
    const bool same =
        other.project == domain.project && other.environment == domain.environment && other.service == domain.service;
    if (same) return {};
    return Error{.code = Code::kConflict,
                 .message = fmt::format("{} belongs to service {} of {} ({}) by its file", other.host, other.service,
                                        other.project, other.environment),
                 .hint = "take it out of x-orbit.domains there and deploy, then add it here"};
  }
  return {};
}

net::Task<Status> add(Shared& shared, const Target& target, model::Domain domain) {
  ORBIT_CO_TRY_STATUS(checkService(target, domain.service));
  ORBIT_CO_TRY_STATUS(checkProvable(shared, domain));
  ORBIT_CO_TRY_STATUS(checkFree(shared, domain));
  const Write write = [&](store::Store::Done done) { shared.services.store.addDomain(domain, std::move(done)); };
  ORBIT_CO_TRY_STATUS(co_await net::fromThread(shared.services.loop, write));
  co_return refresh(shared);
}

}  // namespace

Result<AddDomainRequest> decodeAddDomain(const Json& body) {
  Fields fields(body);
  AddDomainRequest request;
  const std::string host = fields.requiredText("host");
  request.domain.service = fields.requiredText("service");
  request.domain.environment = fields.text("environment");
  request.domain.hsts = fields.flag("hsts");
  ORBIT_TRY(request.target, decodeTarget(fields, true));
  ORBIT_TRY(request.domain.host, model::normalHost(host));
  if (request.domain.environment.empty()) request.domain.environment = "production";
  return request;
}

net::Task<void> addDomain(Shared& shared, http::Exchange& exchange, Json body) {
  auto request = decodeAddDomain(body);
  if (!request.ok()) co_return co_await refuse(exchange, std::move(request).error());
  EventStream stream(shared.services.loop, exchange);
  TargetReading reading = readTarget(request->target);
  std::string outcome = reading.outcome;
  if (const Target* target = tellReading(stream, reading)) {
    model::Domain domain = request->domain;
    domain.project = target->project;
    domain.addedUs = shared.services.loop.clock().wallUs();
    const model::Domain asked = domain;
    const Status added = co_await add(shared, *target, std::move(domain));
    outcome = added.ok() ? "ok" : "failed";
    if (!added.ok()) stream.tell(problemEvent(added.error()));
    const bool development = asked.environment == kDevelopment;
    if (added.ok() && !development && !isServed(shared, asked)) {
      stream.tell(
          warningEvent({fmt::format("nothing that speaks HTTP is deployed to {} as {} yet, so {} answers with a "
                                    "page that says so",
                                    asked.environment, asked.service, asked.host),
                        "for what `orbit up` runs, remove it and add it with -E development",
                        {}}));
    }
  }
  co_await stream.finish(outcome);
}

net::Task<void> removeDomain(Shared& shared, http::Exchange& exchange, Json body) {
  Fields fields(body);
  const std::string asked = fields.requiredText("host");
  if (const Status read = fields.finish(); !read.ok()) co_return co_await refuse(exchange, read.error());
  auto host = model::normalHost(asked);
  if (!host.ok()) co_return co_await refuse(exchange, std::move(host).error());
  const Write write = [&](store::Store::Done done) { shared.services.store.removeDomain(*host, std::move(done)); };
  Status removed = co_await net::fromThread(shared.services.loop, write);
  if (removed.ok()) removed = refresh(shared);
  if (!removed.ok()) co_return co_await refuse(exchange, removed.error());
  Json done = Json::object();
  co_await answer(exchange, std::move(done));
}

net::Task<void> domains(Shared& shared, http::Exchange& exchange, std::string query) {
  auto all = shared.services.store.domains();
  if (!all.ok()) co_return co_await refuse(exchange, std::move(all).error());
  for (auto& domain : shared.services.traffic.deployedDomains()) all->push_back(std::move(domain));
  if (startsWith(query, "host=")) {
    const std::string host = query.substr(5);
    std::erase_if(*all, [&](const auto& domain) { return domain.host != host; });
    if (all->empty()) {
      Error error{.code = Code::kNotFound, .message = "no domain " + host, .hint = "orbit domains list"};
      co_return co_await refuse(exchange, std::move(error));
    }
  }
  CallerCancel caller(shared, exchange);
  const net::Wait wait{shared.services.loop.clock().now() + kReportTime, &caller.cancel()};
  const auto reports = co_await shared.services.traffic.report(std::move(*all), wait);
  Json list = Json::array();
  for (const auto& report : reports) list.push(domainJson(report));
  Json body = Json::object();
  body.set("domains", std::move(list));
  co_await answer(exchange, std::move(body));
}

net::Task<void> authority(Shared& shared, http::Exchange& exchange, std::string) {
  auto kept = keptAuthority(shared);
  if (!kept.ok()) co_return co_await refuse(exchange, std::move(kept).error());
  auto body = format::parseJson(traffic::authorityText(*kept));
  ORBIT_CHECK(body.ok());
  co_await answer(exchange, std::move(*body));
}

// The fields of the body take the place of what is kept, all of it.
net::Task<void> setAuthority(Shared& shared, http::Exchange& exchange, Json body) {
  Fields fields(body);
  for (const char* name :
       {"directory", "email", "ca", "challenge", "dnsServer", "tsigName", "tsigAlgorithm", "tsigSecretFile"}) {
    static_cast<void>(fields.text(name));
  }
  static_cast<void>(fields.texts("dnsHook"));
  if (const Status read = fields.finish(); !read.ok()) co_return co_await refuse(exchange, read.error());
  auto given = traffic::readAuthority(body.dump());
  if (!given.ok()) co_return co_await refuse(exchange, std::move(given).error());
  const auto all = shared.services.store.domains();
  if (all.ok() && given->challenge != Challenge::kDns01) {
    const auto wildcard = std::find_if(all->begin(), all->end(), isWildcard);
    if (wildcard != all->end()) {
      Error error{.code = Code::kConflict,
                  .message = wildcard->host + " is a wildcard, which only dns-01 can prove",
                  .hint = "keep --challenge dns-01, or remove that domain first"};
      co_return co_await refuse(exchange, std::move(error));
    }
  }
  const std::string text = traffic::authorityText(*given);
  const Write write = [&](store::Store::Done done) {
    shared.services.store.set(kAuthoritySetting, text, std::move(done));
  };
  Status kept = co_await net::fromThread(shared.services.loop, write);
  if (kept.ok()) kept = refresh(shared);
  if (!kept.ok()) co_return co_await refuse(exchange, kept.error());
  co_await authority(shared, exchange, "");
}

}  // namespace orbit::api

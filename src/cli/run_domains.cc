// domains add, list, check, remove, authority.
#include <filesystem>

#include "base/base.h"
#include "cli/domain_text.h"
#include "cli/request.h"
#include "cli/runners.h"
#include "format/url.h"

namespace orbit::cli {
namespace {

using format::Json;

int failWith(Session& session, const Error& error) {
  session.show(error);
  return kFailed;
}

net::Task<Result<Json>> ask(Session& session, std::string target) {
  ORBIT_CO_TRY_STATUS(co_await session.link.ensure(session.api, session.wait()));
  co_return co_await session.api.get(std::move(target), session.wait());
}

net::Task<Result<Json>> tell(Session& session, std::string target, Json body) {
  ORBIT_CO_TRY_STATUS(co_await session.link.ensure(session.api, session.wait()));
  co_return co_await session.api.post(std::move(target), std::move(body), session.wait());
}

// One host's report, printed; what is wrong with it makes `check` fail.
net::Task<int> printReports(Session& session, const std::string& host) {
  const std::string query = host.empty() ? "" : "?host=" + format::percentEncode(host);
  const auto answer = co_await ask(session, "/v1/domains" + query);
  if (!answer.ok()) co_return failWith(session, answer.error());
  const Json& domains = (*answer)["domains"];
  const std::int64_t nowUs = session.loop.clock().wallUs();
  bool good = true;
  std::string text;
  for (const auto& domain : domains.items()) {
    if (!text.empty()) text += "\n";
    text += domainReport(domain, nowUs, session.outStyle);
    good = good && domain["problems"].items().empty() && domain["certificate"]["problem"].asString().empty();
  }
  if (session.line.json()) text = domainsJson(domains);
  if (text.empty()) session.presenter.say("No domains; add one with `orbit domains add HOST SERVICE`\n");
  session.presenter.print(text);
  co_return good ? kDone : kFailed;
}

// A relative path means the folder of the command, which the daemon does not know.
std::string absolutePath(const std::string& path) {
  if (path.empty()) return path;
  std::error_code failed;
  return std::filesystem::absolute(path, failed).lexically_normal().string();
}

}  // namespace

net::Task<int> runDomainsAdd(Session& session) {
  const CommandLine& line = session.line;
  Json body = namedProject(line);
  if (line.isSet("project")) body.set("project", line.text("project"));
  body.set("host", line.arguments[0]);
  body.set("service", line.arguments[1]);
  body.set("environment", line.text("environment"));
  body.set("hsts", line.on("hsts"));
  const auto result = co_await session.project("/v1/domains/add", std::move(body), session.wait());
  const int status = session.finish(result);
  if (status != kDone) co_return status;
  static_cast<void>(co_await printReports(session, lower(line.arguments[0])));  // it may well not have arrived yet
  co_return kDone;
}

net::Task<int> runDomainsList(Session& session) {
  const auto answer = co_await ask(session, "/v1/domains");
  if (!answer.ok()) co_return failWith(session, answer.error());
  Json domains = Json::array();
  const std::string only = session.line.text("environment");
  for (const auto& domain : (*answer)["domains"].items()) {
    if (only.empty() || domain["environment"].asString() == only) domains.push(domain);
  }
  if (!session.line.json() && domains.items().empty()) {
    session.presenter.say("No domains; add one with `orbit domains add HOST SERVICE`\n");
    co_return kDone;
  }
  session.presenter.print(session.line.json() ? domainsJson(domains)
                                              : domainsTable(domains, session.loop.clock().wallUs()));
  co_return kDone;
}

net::Task<int> runDomainsCheck(Session& session) {
  const auto& arguments = session.line.arguments;
  co_return co_await printReports(session, arguments.empty() ? std::string() : lower(arguments[0]));
}

net::Task<int> runDomainsRemove(Session& session) {
  const std::string host = session.line.arguments[0];
  Json body = Json::object({{"host", host}});
  const auto answer = co_await tell(session, "/v1/domains/remove", std::move(body));
  if (!answer.ok()) co_return failWith(session, answer.error());
  session.presenter.say(host + " is removed\n");
  co_return kDone;
}

net::Task<int> runDomainsAuthority(Session& session) {
  const CommandLine& line = session.line;
  constexpr std::pair<const char*, const char*> kTexts[] = {
      {"directory", "directory"},  {"email", "email"},        {"challenge", "challenge"},
      {"dns-server", "dnsServer"}, {"tsig-name", "tsigName"}, {"tsig-algorithm", "tsigAlgorithm"}};
  constexpr std::pair<const char*, const char*> kFiles[] = {{"ca", "ca"}, {"tsig-secret-file", "tsigSecretFile"}};
  Json body = Json::object();
  for (const auto& [flag, key] : kTexts) {
    if (line.isSet(flag)) body.set(key, line.text(flag));
  }
  for (const auto& [flag, key] : kFiles) {
    if (line.isSet(flag)) body.set(key, absolutePath(line.text(flag)));
  }
  if (line.isSet("dns-hook")) {
    std::vector<std::string> words;
    const std::string hook = line.text("dns-hook");
    for (const auto word : split(hook, ' ')) {
      if (!word.empty()) words.emplace_back(word);
    }
    body.set("dnsHook", Json::strings(words));
  }
  const bool sets = !body.members().empty() || line.on("default");
  Result<Json> answer = Json();
  if (sets) {
    answer = co_await tell(session, "/v1/domains/authority", std::move(body));
  } else {
    answer = co_await ask(session, "/v1/domains/authority");
  }
  if (!answer.ok()) co_return failWith(session, answer.error());
  session.presenter.print(line.json() ? answer->dump() + "\n" : authorityReport(*answer));
  co_return kDone;
}

}  // namespace orbit::cli

// Who signs the domains' certificates, as text.
#include <filesystem>

#include "base/base.h"
#include "format/json.h"
#include "traffic/traffic.h"

namespace orbit::traffic {
namespace {

using Challenge = model::TableAuthority::Challenge;
using format::Json;

constexpr const char* kLetsEncrypt = "https://acme-v02.api.letsencrypt.org/directory";
constexpr std::pair<Challenge, std::string_view> kChallenges[] = {
    {Challenge::kHttp01, "http-01"}, {Challenge::kTlsAlpn01, "tls-alpn-01"}, {Challenge::kDns01, "dns-01"}};

Error invalid(std::string message, std::string hint) {
  return {.code = Code::kInvalid, .message = std::move(message), .hint = std::move(hint)};
}

Status checkFile(const std::string& path, const char* what) {
  if (path.empty()) return {};
  if (path.front() != '/') return invalid(std::string(what) + " is to be an absolute path, not " + path, "");
  std::error_code failed;
  if (std::filesystem::is_regular_file(path, failed)) return {};
  return invalid(std::string("there is no file ") + path, std::string("it is to hold ") + what);
}

Status check(const model::TableAuthority& authority) {
  if (!startsWith(authority.directory, "https://")) {
    return invalid("the directory of an authority is an https URL, not `" + authority.directory + "`",
                   "Let's Encrypt's is " + std::string(kLetsEncrypt));
  }
  ORBIT_TRY_STATUS(checkFile(authority.caFile, "the certificate to trust the authority by"));
  ORBIT_TRY_STATUS(checkFile(authority.tsigSecretFile, "the TSIG secret"));
  const bool update = !authority.dnsServer.empty(), hook = !authority.dnsHook.empty();
  if (authority.challenge != Challenge::kDns01) {
    if (!update && !hook) return {};
    return invalid("a name server or a hook is for the challenge dns-01", "add --challenge dns-01");
  }
  if (update == hook) {
    return invalid("dns-01 needs either a name server that takes updates or a hook",
                   "--dns-server HOST:PORT with --tsig-name and --tsig-secret-file, or --dns-hook COMMAND");
  }
  if (update && (authority.tsigName.empty() || authority.tsigSecretFile.empty())) {
    return invalid("updates of a name server are signed", "add --tsig-name NAME and --tsig-secret-file FILE");
  }
  return {};
}

}  // namespace

model::TableAuthority defaultAuthority() {
  model::TableAuthority authority;
  authority.name = "acme";
  authority.directory = kLetsEncrypt;
  return authority;
}

std::string authorityText(const model::TableAuthority& authority) {
  Json json = Json::object();
  const auto add = [&](const char* key, const std::string& value) {
    if (!value.empty()) json.set(key, value);
  };
  add("directory", authority.directory);
  add("email", authority.email);
  add("ca", authority.caFile);
  for (const auto& [challenge, name] : kChallenges) {
    if (challenge == authority.challenge) json.set("challenge", name);
  }
  add("dnsServer", authority.dnsServer);
  add("tsigName", authority.tsigName);
  add("tsigAlgorithm", authority.tsigAlgorithm);
  add("tsigSecretFile", authority.tsigSecretFile);
  if (!authority.dnsHook.empty()) json.set("dnsHook", Json::strings(authority.dnsHook));
  return json.dump();
}

Result<model::TableAuthority> readAuthority(const std::string& text) {
  model::TableAuthority authority = defaultAuthority();
  if (text.empty()) return authority;
  ORBIT_TRY(const Json json, format::parseJson(text, "the authority"));
  if (!json["directory"].asString().empty()) authority.directory = json["directory"].asString();
  authority.email = json["email"].asString();
  authority.caFile = json["ca"].asString();
  authority.dnsServer = json["dnsServer"].asString();
  authority.tsigName = json["tsigName"].asString();
  if (!json["tsigAlgorithm"].asString().empty()) authority.tsigAlgorithm = json["tsigAlgorithm"].asString();
  authority.tsigSecretFile = json["tsigSecretFile"].asString();
  authority.dnsHook = json["dnsHook"].asStrings();
  std::vector<std::string_view> names;
  const std::string wanted = json["challenge"].asString();
  bool known = wanted.empty();
  for (const auto& [challenge, name] : kChallenges) {
    names.push_back(name);
    if (name != wanted) continue;
    authority.challenge = challenge;
    known = true;
  }
  if (!known) {
    const auto near = nearest(wanted, names);
    return invalid("`" + wanted + "` is no challenge",
                   near.empty() ? "one of http-01, tls-alpn-01, dns-01" : "did you mean " + std::string(near) + "?");
  }
  ORBIT_TRY_STATUS(check(authority));
  return authority;
}

}  // namespace orbit::traffic

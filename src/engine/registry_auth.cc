#include "engine/registry_auth.h"

#include <sodium.h>

#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "engine/limits.h"

namespace orbit::engine {
namespace {

using format::Json;

constexpr char kHubRegistry[] = "docker.io";
constexpr char kHubServer[] = "https://index.docker.io/v1/";
constexpr char kTokenUser[] = "<token>";  // a helper's word for "the secret is an identity token"

std::string encode(std::string_view text, int variant) {
  std::string out(sodium_base64_encoded_len(text.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), variant);
  out.pop_back();  // the terminating zero
  return out;
}

std::string decode(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                                       text.size(), " \r\n", &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
  out.resize(failed == 0 ? size : 0);
  return out;
}

// "https://ghcr.io/v2/" and "ghcr.io" name the same registry.
std::string hostOf(std::string_view server) {
  for (std::string_view scheme : {"https://", "http://"}) {
    if (startsWith(server, scheme)) server.remove_prefix(scheme.size());
  }
  return std::string(server.substr(0, server.find('/')));
}

Credential parseAuth(const Json& entry, const std::string& server) {
  Credential credential;
  credential.server = server;
  credential.identityToken = entry["identitytoken"].asString();
  credential.user = entry["username"].asString();
  credential.password = entry["password"].asString();
  const std::string plain = decode(entry["auth"].asString());
  const auto colon = plain.find(':');
  if (colon != std::string::npos) {
    credential.user = plain.substr(0, colon);
    credential.password = plain.substr(colon + 1);
  }
  return credential;
}

Json authJson(const Credential& credential) {
  Json auth = Json::object();
  auth.set("serveraddress", credential.server);
  if (!credential.identityToken.empty()) {
    auth.set("identitytoken", credential.identityToken);
  } else {
    auth.set("username", credential.user);
    auth.set("password", credential.password);
  }
  return auth;
}

std::string configPath(const std::string& folder) {
  if (!folder.empty()) return folder + "/config.json";
  if (const char* set = std::getenv("DOCKER_CONFIG")) return std::string(set) + "/config.json";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "/root" : home) + "/.docker/config.json";
}

std::string readFile(const std::string& path, std::size_t bytesMax) {
  std::string text;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file) return text;
  text.resize(bytesMax);
  text.resize(std::fread(text.data(), 1, bytesMax, file.get()));
  return text;
}

}  // namespace

std::string registryOf(const std::string& reference) {
  const auto slash = reference.find('/');
  if (slash == std::string::npos) return kHubRegistry;
  const std::string first = reference.substr(0, slash);
  const bool host = first.find_first_of(".:") != std::string::npos || first == "localhost";
  return host && first != "index.docker.io" ? first : kHubRegistry;
}

CredentialSource credentialSource(const Json& config, const std::string& registry) {
  const std::string server = registry == kHubRegistry ? kHubServer : registry;
  CredentialSource source;
  source.credential.server = server;
  for (const auto& key : {server, registry}) {
    if (config["credHelpers"].has(key)) source.helper = config["credHelpers"][key].asString();
  }
  if (!source.helper.empty()) return source;
  source.helper = config["credsStore"].asString();
  for (const auto& [key, entry] : config["auths"].members()) {
    if (key == server || hostOf(key) == hostOf(server)) {
      Credential found = parseAuth(entry, key);
      if (!found.empty()) source.credential = std::move(found);
    }
  }
  return source;
}

Credential parseHelperAnswer(const std::string& text, const std::string& server) {
  Credential credential;
  credential.server = server;
  const auto answer = format::parseJson(text, "the credential helper's answer");
  if (!answer.ok()) return credential;
  const std::string& user = (*answer)["Username"].asString();
  const std::string& secret = (*answer)["Secret"].asString();
  if (user == kTokenUser) {
    credential.identityToken = secret;
  } else {
    credential.user = user;
    credential.password = secret;
  }
  return credential;
}

std::string authHeader(const Credential& credential) {
  if (credential.empty()) return {};
  return encode(authJson(credential).dump(), sodium_base64_VARIANT_URLSAFE);
}

std::string authConfigHeader(const Json& config) {
  Json all = Json::object();
  for (const auto& [key, entry] : config["auths"].members()) {
    const Credential credential = parseAuth(entry, key);
    if (!credential.empty()) all.set(key, authJson(credential));
  }
  return all.members().empty() ? std::string() : encode(all.dump(), sodium_base64_VARIANT_URLSAFE);
}

net::Task<Json> readDockerConfig(net::Loop& loop, std::string folder) {
  std::string text;
  std::function<void()> work = [&text, &folder] { text = readFile(configPath(folder), kDockerConfigBytesMax); };
  co_await loop.offload(std::move(work));
  auto config = format::parseJson(text, "config.json");
  co_return config.ok() ? std::move(*config) : Json::object();
}

net::Task<std::string> pullAuth(net::Loop& loop, std::string folder, std::string reference, net::Wait wait) {
  const Json config = co_await readDockerConfig(loop, std::move(folder));
  CredentialSource source = credentialSource(config, registryOf(reference));
  if (source.helper.empty()) co_return authHeader(source.credential);
  net::Command command;
  command.arguments = {"docker-credential-" + source.helper, "get"};
  bool sent = false;
  net::Input input = [&sent, &source]() -> net::Task<Result<std::string>> {
    co_return std::exchange(sent, true) ? std::string() : source.credential.server;
  };
  std::string answer;
  net::Output output = [&answer](bool isError, std::string_view bytes) {
    if (!isError && answer.size() < kDockerConfigBytesMax) answer += bytes;
  };
  const net::Wait bounded = wait.until(loop.clock().now() + kCredentialHelperDeadline);
  const auto exit = co_await net::runCommand(loop, std::move(command), std::move(input), std::move(output), bounded);
  if (!exit.ok()) {
    log(Level::kWarning, "engine", "docker-credential-" + source.helper + ": " + exit.error().message);
  } else if (exit->status == 0) {
    const Credential found = parseHelperAnswer(answer, source.credential.server);
    if (!found.empty()) co_return authHeader(found);
  }
  co_return authHeader(source.credential);
}

}  // namespace orbit::engine

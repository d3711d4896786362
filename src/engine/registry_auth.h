// Credentials for image registries from docker's config.json: `auths`, `credsStore` and `credHelpers`.
// Source: https://docs.docker.com/reference/cli/docker/login/#credential-stores. Secrets stay in memory: they go to a
// helper by its standard input and to the engine by a header, never to arguments, logs or error texts.
#pragma once
#include <string>

#include "engine/engine.h"

namespace orbit::engine {

struct Credential {
  std::string user, password, identityToken;
  std::string server;  // the key under which it is kept
  bool empty() const { return user.empty() && identityToken.empty(); }
};

// "docker.io" for "redis:7", "ghcr.io" for "ghcr.io/a/b:1", "localhost:5000" for "localhost:5000/x".
std::string registryOf(const std::string& reference);
// What config.json keeps for a registry: a credential (maybe empty), and the helper that has it ("" = none).
struct CredentialSource {
  Credential credential;
  std::string helper;  // "desktop" for docker-credential-desktop
};
CredentialSource credentialSource(const format::Json& config, const std::string& registry);
// What `docker-credential-x get` printed.
Credential parseHelperAnswer(const std::string& text, const std::string& server);
// X-Registry-Auth's value, "" for no credential.
std::string authHeader(const Credential& credential);
// X-Registry-Config's value for a classic build: every credential that stands in the file itself.
std::string authConfigHeader(const format::Json& config);

// Reads config.json in `folder` ("" = $DOCKER_CONFIG or ~/.docker); a missing or broken file is an empty object.
net::Task<format::Json> readDockerConfig(net::Loop& loop, std::string folder);
// The header for pulling `reference`. Never fails: without a usable credential the pull is anonymous.
net::Task<std::string> pullAuth(net::Loop& loop, std::string folder, std::string reference, net::Wait wait);

}  // namespace orbit::engine

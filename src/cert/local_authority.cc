#include "cert/local_authority.h"

#include "cert/cert.h"
#include "cert/core/limits.h"
#include "cert/files.h"

namespace orbit::cert {
namespace {

Result<Pair> readAuthority(const std::string& folder) {
  ORBIT_TRY(std::string chain, readFile(folder + "/authority.pem", kPemBytesMax));
  ORBIT_TRY(std::string key, readFile(folder + "/authority.key", kPemBytesMax));
  return Pair{std::move(chain), std::move(key)};
}

}  // namespace

std::string localAuthorityFile(const std::string& folder) {
  return folder + "/local/authority.pem";
}

bool isLocalName(const std::string& host) {
  return host == "localhost" || endsWith(host, ".localhost");
}

Result<Pair> openLocalAuthority(const std::string& folder, std::int64_t wallUs) {
  const std::string home = folder + "/local";
  Result<Pair> pair = readAuthority(home);
  if (!pair.ok() && pair.error().code == Code::kNotFound && listFolder(home).empty()) {
    const Pair made = Issuer::makeAuthority(wallUs);
    ORBIT_TRY_STATUS(ensureFolder(folder));
    ORBIT_TRY(const bool first, makeFolder(home, {{"authority.pem", made.chainPem}, {"authority.key", made.keyPem}}));
    if (first) return made;
    pair = readAuthority(home);
  }
  if (!pair.ok()) return pair;
  const std::string again = "remove " + home + " to have a new one made, then run 'orbit trust' again";
  const auto facts = readFacts(pair->chainPem);
  const auto issuer = Issuer::open(*pair);
  if (!facts.ok() || !issuer.ok())
    return Error{Code::kInvalid, "the local authority in " + home + " is damaged", again};
  if (facts->notAfterUs < wallUs) {
    return Error{Code::kInvalid, "the local authority in " + home + " ended on " + wallText(facts->notAfterUs), again};
  }
  return pair;
}

Result<LocalAuthority> localAuthority(const std::string& folder, const Clock& clock) {
  ORBIT_TRY(const Pair pair, openLocalAuthority(folder, clock.wallUs()));
  ORBIT_TRY(const Facts facts, readFacts(pair.chainPem));
  return LocalAuthority{localAuthorityFile(folder), pair.chainPem, facts.fingerprint};
}

}  // namespace orbit::cert

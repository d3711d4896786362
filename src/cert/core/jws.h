// Signed requests of ACME (RFC 8555 6.2; JWS with ES256: RFC 7515, 7518) and what challenges are answered with
// (RFC 8555 8). Thread rules: pure functions.
#pragma once
#include <string>
#include <string_view>

#include "cert/core/crypto.h"

namespace orbit::cert {

// The public key, members in the order of RFC 7638 3.
std::string jwk(const Key::Point& point);
std::string jwkThumbprint(const Key::Point& point);

// A JWS in flattened JSON. `account` is the account's URL; empty: the key itself is sent (newAccount). An empty payload
// is POST-as-GET (RFC 8555 6.3).
std::string signedRequest(const Key& key, const std::string& account, const std::string& nonce, const std::string& url,
                          std::string_view payload);

std::string keyAuthorization(const Key& accountKey, const std::string& token);
std::string dnsProofValue(const std::string& keyAuthorization);  // of the TXT record (8.4)

}  // namespace orbit::cert

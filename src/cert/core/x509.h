// X.509 certificates and requests, as PEM and DER texts (RFC 5280). Times are wall clock, microseconds UTC. Thread
// rules: plain functions; an Issuer is immutable once made.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cert/core/crypto.h"

struct x509_st;  // OpenSSL's X509

namespace orbit::cert {

// What is told about the first certificate of a chain.
struct Facts {
  std::vector<std::string> hosts;  // DNS names, lower case
  std::int64_t notBeforeUs = 0;
  std::int64_t notAfterUs = 0;
  std::string fingerprint;  // SHA-256, hex
};
// Errors: kInvalid.
Result<Facts> readFacts(std::string_view chainPem);

// A certification request with these names (RFC 2986), DER.
std::string certificateRequest(const Key& key, const std::vector<std::string>& hosts);

struct Pair {
  std::string chainPem, keyPem;
};

// The answer to tls-alpn-01 (RFC 8737 3): self-signed, critical acmeIdentifier.
Pair alpnProof(const std::string& host, const std::string& keyAuthorization, std::int64_t wallUs);

// The local authority: signs for localhost and what is under it, and can sign for nothing else.
class Issuer {
 public:
  static Pair makeAuthority(std::int64_t wallUs);
  // Errors: kInvalid when they cannot be read or do not belong together.
  static Result<Issuer> open(const Pair& authority);
  Pair issue(const std::vector<std::string>& hosts, std::int64_t wallUs) const;

 private:
  Issuer(std::shared_ptr<x509_st> certificate, Key key) : certificate_(std::move(certificate)), key_(std::move(key)) {}
  std::shared_ptr<x509_st> certificate_;
  Key key_;
};

}  // namespace orbit::cert

// Digests, encodings and EC P-256 keys (OpenSSL's libcrypto). Thread rules: plain functions; a Key is a value whose
// copies share one immutable key.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace orbit::cert {

std::string sha256(std::string_view bytes);
std::string hex(std::string_view bytes);
std::string randomBytes(std::size_t count);     // fit for secrets
std::string base64Url(std::string_view bytes);  // RFC 7515 2: without padding
// Standard alphabet, padding optional, white space ignored. Errors: kInvalid, without the text.
Result<std::string> base64Decode(std::string_view text);
// `digest` as OpenSSL names it: "SHA256", "SHA512".
std::string hmac(const char* digest, std::string_view secret, std::string_view bytes);
bool equalInConstantTime(std::string_view a, std::string_view b);

// A private key on P-256.
class Key {
 public:
  static Key make();
  // PEM. Errors: kInvalid, never with bytes of it.
  static Result<Key> parse(std::string_view pem);
  std::string pem() const;
  std::string signEs256(std::string_view bytes) const;  // r and s, 32 bytes each (RFC 7518 3.4)
  struct Point {
    std::string x, y;  // 32 bytes each, big-endian
  };
  Point point() const;
  evp_pkey_st* get() const { return key_.get(); }

 private:
  explicit Key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace orbit::cert

#include "cert/core/jws.h"

#include "format/format.h"

namespace orbit::cert {

using format::Json;

std::string jwk(const Key::Point& point) {
  return R"({"crv":"P-256","kty":"EC","x":")" + base64Url(point.x) + R"(","y":")" + base64Url(point.y) + R"("})";
}

std::string jwkThumbprint(const Key::Point& point) {
  return base64Url(sha256(jwk(point)));
}

std::string signedRequest(const Key& key, const std::string& account, const std::string& nonce, const std::string& url,
                          std::string_view payload) {
  Json head = Json::object({{"alg", "ES256"}, {"nonce", nonce}, {"url", url}});
  if (account.empty()) {
    const Key::Point point = key.point();
    head.set("jwk",
             Json::object({{"crv", "P-256"}, {"kty", "EC"}, {"x", base64Url(point.x)}, {"y", base64Url(point.y)}}));
  } else {
    head.set("kid", account);
  }
  const std::string protectedPart = base64Url(head.dump());
  const std::string payloadPart = base64Url(payload);
  const std::string signature = base64Url(key.signEs256(protectedPart + "." + payloadPart));
  return Json::object({{"protected", protectedPart}, {"payload", payloadPart}, {"signature", signature}}).dump();
}

std::string keyAuthorization(const Key& accountKey, const std::string& token) {
  return token + "." + jwkThumbprint(accountKey.point());
}

std::string dnsProofValue(const std::string& keyAuthorization) {
  return base64Url(sha256(keyAuthorization));
}

}  // namespace orbit::cert

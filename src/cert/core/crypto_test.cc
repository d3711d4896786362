#include "cert/core/crypto.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "cert/core/jws.h"
#include "format/format.h"

namespace orbit::cert {
namespace {

bool verifyEs256(const Key& key, const std::string& bytes, const std::string& raw) {
  ECDSA_SIG* signature = ECDSA_SIG_new();
  const auto* data = reinterpret_cast<const unsigned char*>(raw.data());
  ECDSA_SIG_set0(signature, BN_bin2bn(data, 32, nullptr), BN_bin2bn(data + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature, &der);
  ECDSA_SIG_free(signature);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key.get());
  const int good = EVP_DigestVerify(context, der, static_cast<std::size_t>(size),
                                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  return good == 1;
}

std::string decode(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  auto bytes = base64Decode(text);
  EXPECT_TRUE(bytes.ok());
  return bytes.ok() ? *bytes : "";
}

// The private key of RFC 7515 A.3.1 as PKCS#8.
Key rfcKey() {
  const std::string pem =
      "-----BEGIN "
      "PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
      "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
      "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
      "-----END "
      "PRIVATE KEY-----\n";
  auto key = Key::parse(pem);
  EXPECT_TRUE(key.ok());
  return key.ok() ? *key : Key::make();
}

TEST(Encoding, Base64UrlHasNoPadding) {
  EXPECT_EQ(base64Url(""), "");
  EXPECT_EQ(base64Url("f"), "Zg");
  EXPECT_EQ(base64Url("fo"), "Zm8");
  EXPECT_EQ(base64Url("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64Url("\xff\xfe\xfd"), "__79");
  EXPECT_EQ(base64Url(std::string("\x03\xec\xff\xe0\xc1", 5)), "A-z_4ME");  // RFC 7515 appendix C
}

TEST(Encoding, Base64Decode) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "\xff\x00\x80"}) {
    EXPECT_EQ(decode(base64Url(text)), text);
  }
  EXPECT_EQ(*base64Decode(" Zm9v\nYmFy \n"), "foobar");
  EXPECT_EQ(*base64Decode("Zg=="), "f");
  for (const char* broken : {"Z", "Zg=g", "Zm9v!", "Zg==="}) EXPECT_FALSE(base64Decode(broken).ok()) << broken;
}

TEST(Encoding, HmacVector) {  // RFC 4231 4.3
  EXPECT_EQ(hex(hmac("SHA256", "Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(KeyTest, SignsWhatTheRfcKeyVerifies) {
  const Key key = rfcKey();
  // RFC 7515 A.3.1: header {"alg":"ES256"} and the payload of A.1, with the signature the RFC prints.
  const std::string input =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"
      "VlfQ";
  EXPECT_TRUE(verifyEs256(
      key, input, decode("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q")));
  EXPECT_TRUE(verifyEs256(key, input, key.signEs256(input)));
  EXPECT_FALSE(verifyEs256(key, input + "x", key.signEs256(input)));
}

TEST(KeyTest, PointOfTheRfcKey) {
  EXPECT_EQ(jwk(rfcKey().point()), R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                                   R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  EXPECT_EQ(jwkThumbprint(rfcKey().point()), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

TEST(KeyTest, SurvivesPem) {
  const Key key = Key::make();
  const auto again = Key::parse(key.pem());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->point().x, key.point().x);
}

TEST(KeyTest, RefusesOthersWithoutShowingThem) {
  for (const std::string text : {"", "secret", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    const auto key = Key::parse(text);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().text().find("secret"), std::string::npos);
  }
}

TEST(Jws, NewAccountCarriesTheKeyOthersTheAccount) {
  const Key key = rfcKey();
  const auto signedBy = [&](const std::string& account) {
    const auto whole = format::parseJson(signedRequest(key, account, "n-1", "https://ca.test/x", "{}"));
    EXPECT_TRUE(whole.ok());
    const std::string input = (*whole)["protected"].asString() + "." + (*whole)["payload"].asString();
    EXPECT_TRUE(verifyEs256(key, input, decode((*whole)["signature"].asString())));
    EXPECT_EQ(decode((*whole)["payload"].asString()), "{}");
    return *format::parseJson(decode((*whole)["protected"].asString()));
  };
  const auto fresh = signedBy("");
  EXPECT_EQ(fresh["alg"].asString(), "ES256");
  EXPECT_EQ(fresh["nonce"].asString(), "n-1");
  EXPECT_EQ(fresh["url"].asString(), "https://ca.test/x");
  EXPECT_EQ(fresh["jwk"].dump(), jwk(key.point()));
  EXPECT_FALSE(fresh.has("kid"));
  const auto known = signedBy("https://ca.test/account/1");
  EXPECT_EQ(known["kid"].asString(), "https://ca.test/account/1");
  EXPECT_FALSE(known.has("jwk"));
}

TEST(Jws, KeyAuthorization) {  // RFC 8555 8.1, 8.4
  const Key key = rfcKey();
  const std::string text = keyAuthorization(key, "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA");
  EXPECT_EQ(text, "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA." + jwkThumbprint(key.point()));
  EXPECT_EQ(dnsProofValue("token.thumbprint"), "61rBZ_4knHblO0MNoxFsXZ_eTFUHum0B6IVRbhvUn5I");
}

}  // namespace
}  // namespace orbit::cert

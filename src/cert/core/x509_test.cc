#include "cert/core/x509.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"

namespace orbit::cert {
namespace {

constexpr std::int64_t kNow = 1'800'000'000'000'000;
constexpr std::int64_t kDayUs = 86'400'000'000;

X509* load(const std::string& pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* certificate = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
  BIO_free(memory);
  return certificate;
}

// What OpenSSL says of a leaf under an authority at a time: X509_V_OK or a reason.
int verify(const std::string& leafPem, const std::string& authorityPem, std::int64_t wallUs) {
  X509* leaf = load(leafPem);
  X509* authority = load(authorityPem);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, authority);
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, leaf, nullptr);
  X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
  X509_STORE_CTX_set_time(context, 0, static_cast<time_t>(wallUs / 1'000'000));
  X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
  X509_verify_cert(context);
  const int result = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  X509_free(leaf);
  X509_free(authority);
  return result;
}

TEST(LocalIssuer, LeavesAreGoodForTheirHosts) {
  const Pair authority = Issuer::makeAuthority(kNow);
  const auto issuer = Issuer::open(authority);
  ASSERT_TRUE(issuer.ok());
  const Pair leaf = issuer->issue({"web.shop.localhost", "localhost", "*.shop.localhost"}, kNow);
  EXPECT_EQ(verify(leaf.chainPem, authority.chainPem, kNow), X509_V_OK);
  EXPECT_EQ(verify(leaf.chainPem, authority.chainPem, kNow - kDayUs), X509_V_OK);
  EXPECT_EQ(verify(leaf.chainPem, authority.chainPem, kNow + 395 * kDayUs), X509_V_ERR_CERT_HAS_EXPIRED);
  const auto facts = readFacts(leaf.chainPem);
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->hosts, (std::vector<std::string>{"web.shop.localhost", "localhost", "*.shop.localhost"}));
  EXPECT_LE(facts->notAfterUs - facts->notBeforeUs, 397 * kDayUs);
  EXPECT_EQ(facts->fingerprint.size(), 64u);
  const auto root = readFacts(authority.chainPem);
  ASSERT_TRUE(root.ok());
  EXPECT_GT(root->notAfterUs, kNow + 3650 * kDayUs);
}

TEST(LocalIssuer, CannotSignForOthers) {
  const Pair authority = Issuer::makeAuthority(kNow);
  const auto issuer = Issuer::open(authority);
  ASSERT_TRUE(issuer.ok());
  for (const std::string host : {"example.com", "localhost.example.com", "notlocalhost"}) {
    const Pair leaf = issuer->issue({host}, kNow);
    EXPECT_EQ(verify(leaf.chainPem, authority.chainPem, kNow), X509_V_ERR_PERMITTED_VIOLATION) << host;
  }
}

TEST(LocalIssuer, RefusesAForeignKey) {
  const Pair one = Issuer::makeAuthority(kNow);
  const Pair other = Issuer::makeAuthority(kNow);
  const auto issuer = Issuer::open({one.chainPem, other.keyPem});
  ASSERT_FALSE(issuer.ok());
  EXPECT_FALSE(Issuer::open({"", one.keyPem}).ok());
}

TEST(Request, NamesItsHosts) {
  const Key key = Key::make();
  const std::string der = certificateRequest(key, {"example.com", "*.example.com"});
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509_REQ* request = d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size()));
  ASSERT_NE(request, nullptr);
  EXPECT_EQ(X509_REQ_verify(request, key.get()), 1);
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request);
  auto* names = static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr));
  ASSERT_EQ(sk_GENERAL_NAME_num(names), 2);
  const ASN1_STRING* second = sk_GENERAL_NAME_value(names, 1)->d.dNSName;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(second))), "*.example.com");
  GENERAL_NAMES_free(names);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  X509_REQ_free(request);
}

TEST(AlpnProof, HoldsTheDigestInACriticalExtension) {  // RFC 8737 3
  const Pair pair = alpnProof("example.com", "token.thumb", kNow);
  X509* certificate = load(pair.chainPem);
  ASSERT_NE(certificate, nullptr);
  ASN1_OBJECT* id = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
  const int at = X509_get_ext_by_OBJ(certificate, id, -1);
  ASSERT_GE(at, 0);
  X509_EXTENSION* extension = X509_get_ext(certificate, at);
  EXPECT_EQ(X509_EXTENSION_get_critical(extension), 1);
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(extension);
  const std::string value(reinterpret_cast<const char*>(ASN1_STRING_get0_data(data)),
                          static_cast<std::size_t>(ASN1_STRING_length(data)));
  EXPECT_EQ(value, std::string("\x04\x20", 2) + sha256("token.thumb"));
  EXPECT_EQ(readFacts(pair.chainPem)->hosts, std::vector<std::string>{"example.com"});
  ASN1_OBJECT_free(id);
  X509_free(certificate);
}

TEST(Facts, OfNoCertificate) {
  EXPECT_FALSE(readFacts("").ok());
  EXPECT_FALSE(readFacts("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").ok());
}

}  // namespace
}  // namespace orbit::cert

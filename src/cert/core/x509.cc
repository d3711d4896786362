#include "cert/core/x509.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace orbit::cert {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kDaySeconds = 86'400;
constexpr int kSerialBytes = 16;
// Backdated: a clock that is set back must not make it a certificate of the future.
constexpr std::int64_t kAuthorityBeforeDays = 365;
constexpr std::int64_t kAuthorityAfterDays = 3652;
constexpr std::int64_t kLeafBeforeDays = 2;
constexpr std::int64_t kLeafAfterDays = 394;  // 397 in all is the most that browsers take
constexpr std::int64_t kProofDays = 7;

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeX509>;

std::string drain(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

std::string pemOf(X509* certificate) {
  BIO* memory = BIO_new(BIO_s_mem());
  ORBIT_CHECK(PEM_write_bio_X509(memory, certificate) == 1);
  return drain(memory);
}

Certificate parseCertificate(std::string_view pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  Certificate certificate(PEM_read_bio_X509(memory, nullptr, nullptr, nullptr));
  BIO_free(memory);
  ERR_clear_error();
  return certificate;
}

std::int64_t microseconds(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<std::int64_t>(timegm(&parts)) * kSecondUs;
}

std::string alternativeNames(const std::vector<std::string>& hosts) {
  std::vector<std::string> names;
  for (const std::string& host : hosts) names.push_back("DNS:" + host);
  return join(names, ",");
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  ORBIT_CHECK(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void addName(X509_NAME* name, const char* field, const std::string& value) {
  ORBIT_CHECK(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                         reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0) == 1);
}

// Version, serial, validity and key; the rest is the caller's.
Certificate blank(const Key& key, std::int64_t fromSeconds, std::int64_t toSeconds) {
  Certificate certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  std::string serial = randomBytes(kSerialBytes);
  serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);  // positive and of full length
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()), kSerialBytes, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x));
  BN_free(number);
  ASN1_TIME_set(X509_getm_notBefore(x), static_cast<time_t>(fromSeconds));
  ASN1_TIME_set(X509_getm_notAfter(x), static_cast<time_t>(toSeconds));
  ORBIT_CHECK(X509_set_pubkey(x, key.get()) == 1);
  return certificate;
}

void sign(X509* certificate, const Key& key) {
  ORBIT_CHECK(X509_sign(certificate, key.get(), EVP_sha256()) > 0);
}

void addHosts(X509* certificate, const std::vector<std::string>& hosts) {
  // With an empty subject the names are critical (RFC 5280 4.1.2.6).
  extend(certificate, nullptr, NID_subject_alt_name, "critical," + alternativeNames(hosts));
}

}  // namespace

Result<Facts> readFacts(std::string_view chainPem) {
  const Certificate certificate = parseCertificate(chainPem);
  if (certificate == nullptr) return Error{Code::kInvalid, "the certificate cannot be read: it is no PEM"};
  Facts facts;
  facts.notBeforeUs = microseconds(X509_get0_notBefore(certificate.get()));
  facts.notAfterUs = microseconds(X509_get0_notAfter(certificate.get()));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size);
  facts.fingerprint = hex({reinterpret_cast<const char*>(digest.data()), size});
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    const ASN1_STRING* text = name->d.dNSName;
    facts.hosts.push_back(lower({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                 static_cast<std::size_t>(ASN1_STRING_length(text))}));
  }
  GENERAL_NAMES_free(names);
  ERR_clear_error();
  return facts;
}

std::string certificateRequest(const Key& key, const std::vector<std::string>& hosts) {
  X509_REQ* request = X509_REQ_new();
  X509_REQ_set_version(request, X509_REQ_VERSION_1);
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternativeNames(hosts).c_str());
  ORBIT_CHECK(names != nullptr);
  sk_X509_EXTENSION_push(extensions, names);
  X509_REQ_add_extensions(request, extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  X509_REQ_set_pubkey(request, key.get());
  ORBIT_CHECK(X509_REQ_sign(request, key.get(), EVP_sha256()) > 0);
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request, &der);
  ORBIT_CHECK(size > 0);
  std::string bytes(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  X509_REQ_free(request);
  return bytes;
}

Pair alpnProof(const std::string& host, const std::string& keyAuthorization, std::int64_t wallUs) {
  const Key key = Key::make();
  const std::int64_t now = wallUs / kSecondUs;
  const Certificate certificate = blank(key, now - kDaySeconds, now + kProofDays * kDaySeconds);
  X509* x = certificate.get();
  X509_NAME* name = X509_get_subject_name(x);
  addName(name, "CN", "ACME challenge");
  X509_set_issuer_name(x, name);
  extend(x, nullptr, NID_subject_alt_name, "DNS:" + host);
  // id-pe-acmeIdentifier holds an OCTET STRING of 32 bytes, itself in the extension's OCTET STRING.
  const std::string value = std::string("\x04\x20", 2) + sha256(keyAuthorization);
  ASN1_OBJECT* object = OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1);
  ASN1_OCTET_STRING* octets = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(octets, reinterpret_cast<const unsigned char*>(value.data()), static_cast<int>(value.size()));
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, object, 1, octets);
  X509_add_ext(x, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
  ASN1_OBJECT_free(object);
  sign(x, key);
  return {pemOf(x), key.pem()};
}

Pair Issuer::makeAuthority(std::int64_t wallUs) {
  const Key key = Key::make();
  const std::int64_t now = wallUs / kSecondUs;
  const Certificate certificate =
      blank(key, now - kAuthorityBeforeDays * kDaySeconds, now + kAuthorityAfterDays * kDaySeconds);
  X509* x = certificate.get();
  X509_NAME* name = X509_get_subject_name(x);
  addName(name, "O", "Orbit");
  // A name of its own for each: browsers take two authorities of one name and different keys for a forgery.
  addName(name, "CN", "Orbit local authority " + hex(randomBytes(4)));
  X509_set_issuer_name(x, name);
  extend(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(x, x, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(x, x, NID_ext_key_usage, "serverAuth");
  extend(x, x, NID_subject_key_identifier, "hash");
  // What is not named would be allowed (RFC 5280 4.2.1.10): hence all addresses are excluded too.
  extend(x, x, NID_name_constraints,
         "critical,permitted;DNS:localhost,excluded;IP:0.0.0.0/0.0.0.0,"
         "excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0");
  sign(x, key);
  return {pemOf(x), key.pem()};
}

Result<Issuer> Issuer::open(const Pair& authority) {
  Certificate certificate = parseCertificate(authority.chainPem);
  if (certificate == nullptr) return Error{Code::kInvalid, "the local authority's certificate cannot be read"};
  ORBIT_TRY(Key key, Key::parse(authority.keyPem));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    ERR_clear_error();
    return Error{Code::kInvalid, "the local authority's key does not belong to its certificate"};
  }
  return Issuer(std::shared_ptr<x509_st>(std::move(certificate)), std::move(key));
}

Pair Issuer::issue(const std::vector<std::string>& hosts, std::int64_t wallUs) const {
  const Key key = Key::make();
  const std::int64_t now = wallUs / kSecondUs;
  const Certificate certificate = blank(key, now - kLeafBeforeDays * kDaySeconds, now + kLeafAfterDays * kDaySeconds);
  X509* x = certificate.get();
  X509_set_issuer_name(x, X509_get_subject_name(certificate_.get()));
  extend(x, certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(x, certificate_.get(), NID_key_usage, "critical,digitalSignature");
  extend(x, certificate_.get(), NID_ext_key_usage, "serverAuth");
  extend(x, certificate_.get(), NID_authority_key_identifier, "keyid:always");
  addHosts(x, hosts);
  sign(x, key_);
  return {pemOf(x), key.pem()};
}

}  // namespace orbit::cert

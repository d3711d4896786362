#include "net/tls_certificate.h"

#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "base/base.h"

namespace orbit::net {
namespace {

constexpr int kChainMax = 16;  // certificates in one chain

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioPtr = std::unique_ptr<BIO, FreeBio>;

BioPtr textBio(std::string_view text) {
  BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  ORBIT_CHECK(bio != nullptr);
  return bio;
}

Error broken(const std::string& what, const std::string& name, const std::string& why) {
  return {Code::kInvalid, "the " + what + " of " + name + " cannot be used: " + why,
          "give a chain and its key in PEM form, the key without a password"};
}

// No password is ever asked for on a terminal.
int noPassword(char*, int, int, void*) {
  return -1;
}

// The usual form, PKCS #8 without a password, of the type its certificate has: a decoder that is told both takes a
// third of the time of one that tries all, and there may be thousands. nullptr: it is of another form, or broken.
EVP_PKEY* readPlainKey(std::string_view pem, const char* type) {
  EVP_PKEY* key = nullptr;
  struct FreeDecoder {
    void operator()(OSSL_DECODER_CTX* decoder) const { OSSL_DECODER_CTX_free(decoder); }
  };
  const std::unique_ptr<OSSL_DECODER_CTX, FreeDecoder> decoder(
      OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", "PrivateKeyInfo", type, EVP_PKEY_KEYPAIR, nullptr, nullptr));
  if (decoder != nullptr) OSSL_DECODER_from_bio(decoder.get(), textBio(pem).get());
  ERR_clear_error();
  return key;
}

std::int64_t timeUs(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return static_cast<std::int64_t>(timegm(&parts)) * 1'000'000;
}

// A certificate that OpenSSL would refuse in a handshake (a short key, an old digest) is refused when it is read.
bool presentable(const ParsedCertificate& certificate) {
  static SSL_CTX* const context = newServerContext();
  SSL* session = SSL_new(context);
  ORBIT_CHECK(session != nullptr);
  const bool good = certificate.present(session);
  SSL_free(session);
  return good;
}

}  // namespace

std::string takeTlsReason(const char* otherwise) {
  const unsigned long number = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = number == 0 ? nullptr : ERR_reason_error_string(number);
  return text == nullptr ? otherwise : text;
}

Result<std::shared_ptr<const TlsCertificate>> TlsCertificate::parse(std::string_view chainPem, std::string_view keyPem,
                                                                    const std::string& name) {
  ERR_clear_error();
  auto certificate = std::make_shared<ParsedCertificate>();
  ORBIT_TRY_STATUS(certificate->readChain(chainPem, name));
  ORBIT_TRY_STATUS(certificate->readKey(keyPem, name));
  certificate->readNames();
  if (!presentable(*certificate)) return broken("certificate", name, takeTlsReason("it is too weak"));
  ERR_clear_error();
  return std::shared_ptr<const TlsCertificate>(std::move(certificate));
}

ParsedCertificate::~ParsedCertificate() {
  X509_free(leaf_);
  EVP_PKEY_free(key_);
  sk_X509_pop_free(chain_, X509_free);
}

Status ParsedCertificate::readChain(std::string_view pem, const std::string& name) {
  const BioPtr bio = textBio(pem);
  leaf_ = PEM_read_bio_X509(bio.get(), nullptr, noPassword, nullptr);
  if (leaf_ == nullptr) return broken("certificate", name, takeTlsReason("no certificate in it"));
  chain_ = sk_X509_new_null();
  for (;;) {
    X509* next = PEM_read_bio_X509(bio.get(), nullptr, noPassword, nullptr);
    if (next == nullptr) break;
    sk_X509_push(chain_, next);
    if (sk_X509_num(chain_) > kChainMax) return broken("certificate", name, "its chain is too long");
  }
  // The end of the text looks like a missing start line; all else is a broken certificate.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return broken("certificate", name, takeTlsReason("its chain is broken"));
  }
  ERR_clear_error();
  return {};
}

Status ParsedCertificate::readKey(std::string_view pem, const std::string& name) {
  const EVP_PKEY* certified = X509_get0_pubkey(leaf_);
  if (certified != nullptr) key_ = readPlainKey(pem, EVP_PKEY_get0_type_name(certified));
  if (key_ == nullptr) key_ = PEM_read_bio_PrivateKey(textBio(pem).get(), nullptr, noPassword, nullptr);
  if (key_ == nullptr) return broken("key", name, takeTlsReason("no key in it"));
  if (X509_check_private_key(leaf_, key_) != 1) {
    return broken("key", name, takeTlsReason("it belongs to another certificate"));
  }
  return {};
}

void ParsedCertificate::readNames() {
  notBeforeUs_ = timeUs(X509_get0_notBefore(leaf_));
  notAfterUs_ = timeUs(X509_get0_notAfter(leaf_));
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf_, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* entry = sk_GENERAL_NAME_value(names, i);
    if (entry->type != GEN_DNS) continue;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(entry->d.dNSName)),
                                static_cast<std::size_t>(ASN1_STRING_length(entry->d.dNSName)));
    if (text.find('\0') == std::string_view::npos) hosts_.push_back(lower(text));
  }
  GENERAL_NAMES_free(names);
}

std::string ParsedCertificate::fingerprint() const {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ORBIT_CHECK(X509_digest(leaf_, EVP_sha256(), digest, &size) == 1);
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

bool ParsedCertificate::covers(std::string_view host) const {
  const std::string_view parent = host.substr(std::min(host.find('.'), host.size()));  // with its dot
  return std::any_of(hosts_.begin(), hosts_.end(), [&](std::string_view name) {
    return name == host || (startsWith(name, "*.") && parent.size() < host.size() && name.substr(1) == parent);
  });
}

bool ParsedCertificate::present(ssl_st* session) const {
  return SSL_use_cert_and_key(session, leaf_, key_, chain_, 1) == 1;
}

CertificateIndex::CertificateIndex(std::shared_ptr<const TlsCertificates> certificates)
    : certificates_(std::move(certificates)) {
  if (certificates_ == nullptr) return;
  exact_.reserve(certificates_->rows.size());
  for (const TlsCertificates::Row& row : certificates_->rows) {
    add(startsWith(row.host, "*.") ? wildcard_ : exact_, row);
  }
  for (const TlsCertificates::Row& row : certificates_->challenges) add(challenges_, row);
  fallback_ = dynamic_cast<const ParsedCertificate*>(certificates_->fallback.get());
}

void CertificateIndex::add(Rows& rows, const TlsCertificates::Row& row) {
  const auto* certificate = dynamic_cast<const ParsedCertificate*>(row.certificate.get());
  if (certificate == nullptr) return;
  std::string_view host = row.host;
  if (startsWith(host, "*.")) host.remove_prefix(2);
  rows.emplace(host, certificate);
}

const ParsedCertificate* CertificateIndex::find(std::string_view host) const {
  if (host.empty()) return fallback_;
  if (const auto exact = exact_.find(host); exact != exact_.end()) return exact->second;
  const std::size_t dot = host.find('.');
  if (dot != std::string_view::npos && dot > 0) {
    if (const auto wild = wildcard_.find(host.substr(dot + 1)); wild != wildcard_.end()) return wild->second;
  }
  return nullptr;
}

const ParsedCertificate* CertificateIndex::challenge(std::string_view host) const {
  const auto found = challenges_.find(host);
  return found == challenges_.end() ? nullptr : found->second;
}

}  // namespace orbit::net

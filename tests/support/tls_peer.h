// For tests: certificates made on the spot and a TLS client in memory. Thread rules: one thread.
#pragma once
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace orbit::test {

struct CertificateText {
  std::string chain, key;
};

inline std::string pemText(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

// Self-signed, P-256 (or a short RSA key), good for an hour.
inline CertificateText makeCertificate(const std::vector<std::string>& hosts, unsigned rsaBits = 0) {
  EVP_PKEY* key = rsaBits == 0 ? EVP_EC_gen("P-256") : EVP_RSA_gen(rsaBits);
  X509* certificate = X509_new();
  static long serial = 1;
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("orbit test"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  std::string names;
  for (const std::string& host : hosts) names += (names.empty() ? "DNS:" : ",DNS:") + host;
  if (!names.empty()) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_set_pubkey(certificate, key);
  X509_sign(certificate, key, EVP_sha256());
  CertificateText text;
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  text.chain = pemText(bio);
  bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  text.key = pemText(bio);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return text;
}

// A client whose wire is two strings.
class TlsPeer {
 public:
  struct Choice {
    std::string serverName = {};
    std::vector<std::string> protocols = {};
    int version = 0;                 // TLS1_2_VERSION, TLS1_3_VERSION; 0: any
    SSL_SESSION* session = nullptr;  // to resume
    std::string ciphers12 = {};
  };
  explicit TlsPeer(const Choice& choice) : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_options(context_, SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    if (choice.version != 0) {
      SSL_CTX_set_min_proto_version(context_, choice.version);
      SSL_CTX_set_max_proto_version(context_, choice.version);
    }
    if (!choice.ciphers12.empty()) SSL_CTX_set_cipher_list(context_, choice.ciphers12.c_str());
    SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
      auto* self = static_cast<TlsPeer*>(SSL_get_app_data(ssl));
      SSL_SESSION_free(self->ticket_);
      self->ticket_ = session;
      return 1;
    });
    ssl_ = SSL_new(context_);
    SSL_set_app_data(ssl_, this);
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_);
    if (!choice.serverName.empty()) SSL_set_tlsext_host_name(ssl_, choice.serverName.c_str());
    std::string list;
    for (const std::string& protocol : choice.protocols) list += static_cast<char>(protocol.size()) + protocol;
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(list.data()), static_cast<unsigned>(list.size()));
    if (choice.session != nullptr) SSL_set_session(ssl_, choice.session);
  }
  ~TlsPeer() {
    SSL_free(ssl_);
    SSL_SESSION_free(ticket_);
    SSL_CTX_free(context_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  // Takes bytes of the wire, goes on with the handshake, reads what there is into plain().
  void take(std::string_view wire) {
    BIO_write(SSL_get_rbio(ssl_), wire.data(), static_cast<int>(wire.size()));
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_) == 0 && !step(SSL_do_handshake(ssl_))) return;
    char buffer[16384];
    for (;;) {
      const int count = SSL_read(ssl_, buffer, sizeof buffer);
      if (count <= 0) {
        step(count);
        return;
      }
      plain_.append(buffer, static_cast<std::size_t>(count));
    }
  }
  bool write(std::string_view bytes) { return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0; }
  void close() { SSL_shutdown(ssl_); }
  void renegotiate() {
    SSL_renegotiate(ssl_);
    SSL_do_handshake(ssl_);
  }
  // What is to be sent.
  std::string wire() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl_), &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    (void)BIO_reset(SSL_get_wbio(ssl_));
    return text;
  }
  bool open() const { return SSL_is_init_finished(ssl_) == 1; }
  bool closedByPeer() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  bool resumed() const { return SSL_session_reused(ssl_) == 1; }
  const std::string& failure() const { return failure_; }
  std::string& plain() { return plain_; }
  std::string version() const { return SSL_get_version(ssl_); }
  std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  SSL_SESSION* ticket() const { return ticket_; }
  SSL* ssl() const { return ssl_; }
  // SHA-256 of the server's certificate, hex.
  std::string fingerprint() const {
    X509* certificate = SSL_get1_peer_certificate(ssl_);
    if (certificate == nullptr) return {};
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509_digest(certificate, EVP_sha256(), digest, &size);
    X509_free(certificate);
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      text += "0123456789abcdef"[digest[i] >> 4];
      text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
  }

 private:
  bool step(int result) {
    if (result > 0) return true;
    const int why = SSL_get_error(ssl_, result);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_ZERO_RETURN) {
      const char* text = ERR_reason_error_string(ERR_peek_error());
      failure_ = text == nullptr ? "failed" : text;
      ERR_clear_error();
    }
    return false;
  }

  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  SSL_SESSION* ticket_ = nullptr;
  std::string plain_, failure_;
};

}  // namespace orbit::test

// A parsed certificate as the TLS server presents it, and the index that finds one by name. Private to net.
// Thread rules: both are immutable.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "net/tls_server.h"

struct x509_st;
struct evp_pkey_st;
struct ssl_st;
struct ssl_ctx_st;
struct stack_st_X509;

namespace orbit::net {

class ParsedCertificate final : public TlsCertificate, public std::enable_shared_from_this<ParsedCertificate> {
 public:
  ParsedCertificate() = default;
  ~ParsedCertificate() override;
  ParsedCertificate(const ParsedCertificate&) = delete;
  ParsedCertificate& operator=(const ParsedCertificate&) = delete;
  const std::vector<std::string>& hosts() const override { return hosts_; }
  std::int64_t notBeforeUs() const override { return notBeforeUs_; }
  std::int64_t notAfterUs() const override { return notAfterUs_; }
  std::string fingerprint() const override;
  bool covers(std::string_view host) const;  // a name in lower case; a wildcard stands for one label
  // Makes it the one that `session` presents; false when OpenSSL's security level forbids it.
  bool present(ssl_st* session) const;

 private:
  friend class TlsCertificate;
  Status readChain(std::string_view pem, const std::string& name);
  Status readKey(std::string_view pem, const std::string& name);
  void readNames();

  x509_st* leaf_ = nullptr;
  evp_pkey_st* key_ = nullptr;
  stack_st_X509* chain_ = nullptr;
  std::vector<std::string> hosts_;
  std::int64_t notBeforeUs_ = 0;
  std::int64_t notAfterUs_ = 0;
};

// Two look-ups for any number of hosts.
class CertificateIndex {
 public:
  explicit CertificateIndex(std::shared_ptr<const TlsCertificates> certificates);
  // Exact, then wildcard of one label; the fallback for ""; null: refused. `host`: lower case.
  const ParsedCertificate* find(std::string_view host) const;
  const ParsedCertificate* challenge(std::string_view host) const;

 private:
  using Rows = std::unordered_map<std::string_view, const ParsedCertificate*>;
  static void add(Rows& rows, const TlsCertificates::Row& row);

  std::shared_ptr<const TlsCertificates> certificates_;  // owns what the views and pointers below show
  Rows exact_;
  Rows wildcard_;  // by what stands after "*."
  Rows challenges_;
  const ParsedCertificate* fallback_ = nullptr;
};

// The newest reason in OpenSSL's queue of this thread, which is emptied; `otherwise` when there is none.
std::string takeTlsReason(const char* otherwise);
// What both the server and the check of certificates start from: versions, ciphers, curves, options.
ssl_ctx_st* newServerContext();

}  // namespace orbit::net

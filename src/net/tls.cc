// TLS as a client, over OpenSSL. The only source of net that includes it.
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "net/socket_stream.h"

namespace orbit::net {
namespace {

constexpr std::size_t kTlsWriteBytesMax = 16 * 1024;  // one record (RFC 8446 5.1)

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const { SSL_free(session); }
};

// The newest reason in OpenSSL's queue, which is emptied.
std::string takeReason() {
  const unsigned long number = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = ERR_reason_error_string(number);
  return text == nullptr ? "the connection was cut off" : text;
}

// With anyAuthority: what is wrong with a signer, or says only that it is not known here. (A chain may have a signer in
// it that is long over, and that who knows a newer one never looks at.)
int acceptUnknownSigner(int accepted, X509_STORE_CTX* context) {
  bool ofSigner = X509_STORE_CTX_get_error_depth(context) > 0;
  switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      ofSigner = true;
      break;
    default:
      break;
  }
  if (!ofSigner) return accepted;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

// Whether there is somebody to trust, as `tls` wants it.
bool loadAuthorities(SSL_CTX* context, const Tls& tls) {
  if (!tls.caFile.empty()) return SSL_CTX_load_verify_file(context, tls.caFile.c_str()) == 1;
  if (tls.anyAuthority) return true;  // to read the system's costs 10 ms and more
  return SSL_CTX_set_default_verify_paths(context) == 1;
}

Result<std::unique_ptr<SSL_CTX, FreeContext>> makeContext(const Tls& tls) {
  std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_client_method()));
  ORBIT_CHECK(context != nullptr);
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const auto broken = [](const std::string& what, const std::string& file) {
    return Error{Code::kInvalid, "the TLS " + what + " " + file + " cannot be used: " + takeReason(),
                 "check that the file exists and is in PEM form"};
  };
  if (!loadAuthorities(raw, tls)) return broken("authority file", tls.caFile);
  if (!tls.certificateFile.empty() && SSL_CTX_use_certificate_chain_file(raw, tls.certificateFile.c_str()) != 1) {
    return broken("certificate", tls.certificateFile);
  }
  if (!tls.keyFile.empty() && SSL_CTX_use_PrivateKey_file(raw, tls.keyFile.c_str(), SSL_FILETYPE_PEM) != 1) {
    return broken("key", tls.keyFile);
  }
  SSL_CTX_set_verify(raw, tls.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     tls.anyAuthority ? acceptUnknownSigner : nullptr);
  return context;
}

void expectHost(SSL* session, const std::string& host) {
  in6_addr numeric{};
  if (inet_pton(AF_INET, host.c_str(), &numeric) == 1 || inet_pton(AF_INET6, host.c_str(), &numeric) == 1) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str());
    return;
  }
  SSL_set_tlsext_host_name(session, host.c_str());
  SSL_set1_host(session, host.c_str());
}

class TlsStream final : public SocketStream {
 public:
  TlsStream(Loop& loop, Descriptor plain, std::unique_ptr<SSL, FreeSession> session)
      : SocketStream(loop, std::move(plain)), session_(std::move(session)) {
    SSL_set_fd(session_.get(), descriptor());
    SSL_set_connect_state(session_.get());
  }

  Task<Status> handshake(std::string host, Wait wait) {
    for (;;) {
      ERR_clear_error();
      const int result = SSL_do_handshake(session_.get());
      if (result == 1) co_return Status{};
      const int why = SSL_get_error(session_.get(), result);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        const long verified = SSL_get_verify_result(session_.get());
        if (verified != X509_V_OK && SSL_get_verify_mode(session_.get()) != SSL_VERIFY_NONE) {
          const std::string reason = X509_verify_cert_error_string(verified);
          co_return Error{Code::kDenied, "the certificate of " + host + " is not accepted: " + reason,
                          "give the authority that signed it"};
        }
        co_return Error{Code::kUnavailable, "TLS with " + host + " failed: " + takeReason()};
      }
      const Status ready = co_await until(why, wait);
      if (!ready.ok()) co_return Error(ready.error()).within("TLS with " + host + " failed");
    }
  }

  Task<Result<std::size_t>> read(std::span<char> buffer, Wait wait) override {
    const Status turned = co_await turn(wait);
    if (!turned.ok()) co_return turned.error();
    for (;;) {
      ERR_clear_error();
      std::size_t count = 0;
      const int result = SSL_read_ex(session_.get(), buffer.data(), buffer.size(), &count);
      if (result == 1) co_return count;
      const int why = SSL_get_error(session_.get(), result);
      if (why == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) co_return broken();
      const Status ready = co_await until(why, wait);
      if (!ready.ok()) co_return ready.error();
    }
  }

  Task<Status> write(std::string_view bytes, Wait wait) override {
    const Status turned = co_await turn(wait);
    if (!turned.ok()) co_return turned.error();
    while (!bytes.empty()) {
      ERR_clear_error();
      std::size_t count = 0;
      const int result = SSL_write_ex(session_.get(), bytes.data(), std::min(bytes.size(), kTlsWriteBytesMax), &count);
      if (result == 1) {
        bytes.remove_prefix(count);
        continue;
      }
      const int why = SSL_get_error(session_.get(), result);
      if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) co_return broken();
      const Status ready = co_await until(why, wait);
      if (!ready.ok()) co_return ready.error();
    }
    co_return Status{};
  }

  // Session tickets may lie unread below; only SSL_peek sees past them.
  bool quiet() override {
    ERR_clear_error();
    char byte = 0;
    std::size_t count = 0;
    const int result = SSL_peek_ex(session_.get(), &byte, 1, &count);
    return result != 1 && SSL_get_error(session_.get(), result) == SSL_ERROR_WANT_READ;
  }

  Status shutdownWrite() override {
    SSL_shutdown(session_.get());
    ERR_clear_error();
    return {};
  }

 private:
  Task<Status> until(int why, Wait wait) {
    return why == SSL_ERROR_WANT_READ ? loop().readable(descriptor(), wait) : loop().writable(descriptor(), wait);
  }
  static Error broken() { return {Code::kUnavailable, "the TLS connection broke: " + takeReason()}; }

  std::unique_ptr<SSL, FreeSession> session_;
};

}  // namespace

Task<Result<std::unique_ptr<Stream>>> startTls(Loop& loop, Descriptor plain, std::string host,
                                               std::shared_ptr<const Tls> tls, Wait wait) {
  ORBIT_CO_TRY(const auto context, makeContext(*tls));
  std::unique_ptr<SSL, FreeSession> session(SSL_new(context.get()));
  ORBIT_CHECK(session != nullptr);
  if (!tls->name.empty()) host = tls->name;
  expectHost(session.get(), host);
  auto stream = std::make_unique<TlsStream>(loop, std::move(plain), std::move(session));
  const Status done = co_await stream->handshake(host, wait);
  if (!done.ok()) co_return done.error();
  co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace orbit::net

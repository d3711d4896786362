// TLS as a server, over OpenSSL: contexts and the choices made at the ClientHello. Sessions are in tls_session.cc.
#include "net/tls_server.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/base.h"
#include "net/tls_session.h"

namespace orbit::net {
namespace {

constexpr const char* kHttp2 = "h2";
constexpr const char* kHttp1 = "http/1.1";
constexpr const char* kAcme = "acme-tls/1";
constexpr long kTicketSeconds = 12 * 60 * 60;
constexpr std::size_t kTicketsPerHandshake = 1;  // HTTP/2 needs one; HTTP/1.1 clients keep their connections

// Mozilla's "intermediate" without finite-field Diffie-Hellman: forward secrecy and AEAD only, so that HTTP/2 may use
// each of them (RFC 9113 9.2.2). TLS 1.3 has OpenSSL's three.
constexpr const char* kCiphers12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* kGroups = "X25519:P-256:P-384";

OpenSslSession* sessionOf(SSL* ssl) {
  return static_cast<OpenSslSession*>(SSL_get_app_data(ssl));
}

int onClientHello(SSL* ssl, int* alert, void*) {
  if (sessionOf(ssl)->onClientHello()) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_CLIENT_HELLO_ERROR;
}

int onCertificate(SSL* ssl, void*) {
  return sessionOf(ssl)->onCertificate() ? 1 : 0;
}

int onProtocols(SSL* ssl, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                unsigned offeredSize, void*) {
  const std::string_view list(reinterpret_cast<const char*>(offered), offeredSize);
  const std::string_view protocol = sessionOf(ssl)->chooseProtocol(list);
  if (protocol.empty()) return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol (RFC 7301 3.2)
  *chosen = reinterpret_cast<const unsigned char*>(protocol.data());
  *size = static_cast<unsigned char>(protocol.size());
  return SSL_TLSEXT_ERR_OK;
}

int onTicket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
  const auto keys = sessionOf(ssl)->server().keys();
  return sealing == 1 ? keys->seal(name, iv, cipher, mac) : keys->open(name, iv, cipher, mac);
}

void onInfo(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_WRITE_ALERT) == SSL_CB_WRITE_ALERT && (value & 0xff) == SSL_AD_NO_RENEGOTIATION) {
    static_cast<OpenSslSession*>(SSL_get_app_data(ssl))->onRenegotiation();
  }
}

// Calls `visit` with each name of an ALPN list; stops when it says so.
template <class Visit>
bool anyProtocol(std::string_view list, const Visit& visit) {
  while (!list.empty()) {
    const std::size_t size = static_cast<unsigned char>(list.front());
    if (size + 1 > list.size()) return false;
    if (visit(list.substr(1, size))) return true;
    list.remove_prefix(size + 1);
  }
  return false;
}

bool offers(std::string_view list, std::string_view protocol) {
  return anyProtocol(list, [&](std::string_view name) { return name == protocol; });
}

std::string_view helloExtension(SSL* ssl, unsigned type) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, type, &bytes, &size) != 1) return {};
  return {reinterpret_cast<const char*>(bytes), size};
}

// The host name of a server_name extension (RFC 6066 3), lower case and without a final dot; "" when it holds none.
// OpenSSL refuses a malformed one right after.
std::string helloName(SSL* ssl) {
  constexpr std::size_t kPrefix = 5;  // list length, type, name length
  std::string_view list = helloExtension(ssl, TLSEXT_TYPE_server_name);
  if (list.size() <= kPrefix || list[2] != TLSEXT_NAMETYPE_host_name) return {};
  std::string name = lower(list.substr(kPrefix));
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  // An address is no name (RFC 6066 3), but some clients send one.
  const bool address =
      name.find_first_not_of("0123456789.") == std::string::npos || name.find(':') != std::string::npos;
  return address ? std::string() : name;
}

class OpenSslServer final : public TlsServer {
 public:
  OpenSslServer(const TlsServerOptions& options, std::unique_ptr<SSL_CTX, FreeTlsContext> context)
      : state_(std::make_shared<TlsServerState>(std::move(context), options.http2)) {}

  void setCertificates(std::shared_ptr<const TlsCertificates> certificates) override {
    state_->setCertificates(std::make_shared<const CertificateIndex>(std::move(certificates)));
  }
  void setTicketKeys(std::vector<std::string> keys) override {
    state_->setKeys(std::make_shared<const TicketKeys>(keys));
  }
  std::unique_ptr<TlsSession> accept() override { return std::make_unique<OpenSslSession>(state_); }

 private:
  std::shared_ptr<TlsServerState> state_;
};

}  // namespace

ssl_ctx_st* newServerContext() {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  ORBIT_CHECK(context != nullptr);
  ORBIT_CHECK(SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1);
  ORBIT_CHECK(SSL_CTX_set_cipher_list(context, kCiphers12) == 1);
  ORBIT_CHECK(SSL_CTX_set1_groups_list(context, kGroups) == 1);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return context;
}

Result<std::unique_ptr<TlsServer>> TlsServer::create(const TlsServerOptions& options) {
  for (const std::string& key : options.ticketKeys) {
    if (key.size() == TicketKeys::kKeyBytes) continue;
    return Error{Code::kInvalid, "a ticket key has " + std::to_string(key.size()) + " bytes", "give 48 random bytes"};
  }
  if (options.minimumVersion != "1.2" && options.minimumVersion != "1.3") {
    return Error{Code::kInvalid, "TLS " + options.minimumVersion + " is not served", "choose 1.2 or 1.3"};
  }
  std::unique_ptr<SSL_CTX, FreeTlsContext> context(newServerContext());
  SSL_CTX* raw = context.get();
  if (options.minimumVersion == "1.3") SSL_CTX_set_min_proto_version(raw, TLS1_3_VERSION);
  SSL_CTX_set_num_tickets(raw, kTicketsPerHandshake);
  SSL_CTX_set_timeout(raw, kTicketSeconds);
  constexpr std::string_view kSessionContext = "orbit";
  SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(kSessionContext.data()),
                                 static_cast<unsigned>(kSessionContext.size()));
  SSL_CTX_set_client_hello_cb(raw, onClientHello, nullptr);
  SSL_CTX_set_cert_cb(raw, onCertificate, nullptr);
  SSL_CTX_set_alpn_select_cb(raw, onProtocols, nullptr);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(raw, onTicket);
  SSL_CTX_set_info_callback(raw, onInfo);
  auto server = std::make_unique<OpenSslServer>(options, std::move(context));
  server->setCertificates(nullptr);
  server->setTicketKeys(options.ticketKeys);
  return std::unique_ptr<TlsServer>(std::move(server));
}

bool OpenSslSession::onClientHello() {
  const auto certificates = server_->certificates();
  serverName_ = helloName(ssl_.get());
  std::string_view list = helloExtension(ssl_.get(), TLSEXT_TYPE_application_layer_protocol_negotiation);
  if (list.size() > 2) list.remove_prefix(2);  // the list's own length
  // A validator of RFC 8737 3 offers that protocol alone and wants the certificate made for it.
  const ParsedCertificate* challenge = offers(list, kAcme) ? certificates->challenge(serverName_) : nullptr;
  acme_ = challenge != nullptr;
  chosen_ = acme_ ? challenge : certificates->find(serverName_);
  if (chosen_ == nullptr) return false;
  certificates_ = certificates;
  return true;
}

bool OpenSslSession::onCertificate() {
  return chosen_ != nullptr && chosen_->present(ssl_.get());
}

std::string_view OpenSslSession::chooseProtocol(std::string_view offered) const {
  if (acme_) return kAcme;
  if (server_->http2() && offers(offered, kHttp2)) return kHttp2;
  return offers(offered, kHttp1) ? kHttp1 : std::string_view{};
}

}  // namespace orbit::net

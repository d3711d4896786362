// One connection's TLS, and what it shares with its server. Private to net.
// Thread rules: a session belongs to one thread; TlsServerState is safe from any.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "net/ticket_keys.h"
#include "net/tls_certificate.h"
#include "net/tls_server.h"
#include "net/wire_bio.h"

namespace orbit::net {

struct FreeTlsContext {
  void operator()(ssl_ctx_st* context) const;
};
struct FreeTls {
  void operator()(ssl_st* ssl) const;
};

// Certificates and keys are immutable sets behind one pointer each. They are read once a handshake, so the pointer is
// copied under a mutex: nanoseconds beside a handshake's hundreds of microseconds.
class TlsServerState {
 public:
  TlsServerState(std::unique_ptr<ssl_ctx_st, FreeTlsContext> context, bool http2)
      : context_(std::move(context)), http2_(http2) {}
  ssl_ctx_st* context() const { return context_.get(); }
  bool http2() const { return http2_; }
  std::shared_ptr<const CertificateIndex> certificates() const;
  std::shared_ptr<const TicketKeys> keys() const;
  void setCertificates(std::shared_ptr<const CertificateIndex> certificates);
  void setKeys(std::shared_ptr<const TicketKeys> keys);

 private:
  const std::unique_ptr<ssl_ctx_st, FreeTlsContext> context_;
  const bool http2_;
  mutable std::mutex mutex_;
  std::shared_ptr<const CertificateIndex> certificates_;
  std::shared_ptr<const TicketKeys> keys_;
};

class OpenSslSession final : public TlsSession {
 public:
  explicit OpenSslSession(std::shared_ptr<TlsServerState> server);
  ~OpenSslSession() override;

  State feed(std::string_view bytes, const std::function<void(std::string_view)>& plain, std::string& wire) override;
  bool write(std::string_view plain, std::string& wire) override;
  void close(std::string& wire) override;
  State state() const override { return state_; }
  std::string_view protocol() const override;
  std::string_view serverName() const override { return serverName_; }
  std::string_view version() const override;
  bool covers(std::string_view host) const override { return shown_ == nullptr || shown_->covers(host); }
  std::string failure() const override { return failure_; }

  // OpenSSL's callbacks; they come from within feed().
  const TlsServerState& server() const { return *server_; }
  bool onClientHello();  // false: nobody serves that name
  bool onCertificate();
  std::string_view chooseProtocol(std::string_view offered) const;  // "" : none in common
  void onRenegotiation() { renegotiated_ = true; }

 private:
  void shakeHands();
  void readAll(const std::function<void(std::string_view)>& plain);
  void fail(const char* otherwise);

  const std::shared_ptr<TlsServerState> server_;
  Wire bytes_;
  std::unique_ptr<ssl_st, FreeTls> ssl_;
  State state_ = State::kHandshake;
  bool acme_ = false;
  bool renegotiated_ = false;
  bool closed_ = false;                                   // by us
  std::shared_ptr<const CertificateIndex> certificates_;  // of the ClientHello, until the handshake is done
  const ParsedCertificate* chosen_ = nullptr;
  std::shared_ptr<const ParsedCertificate> shown_;  // to a client that named somebody
  std::string serverName_;
  std::string failure_;
};

}  // namespace orbit::net

// TLS 1.2/1.3 as a server, sans-I/O: bytes of the wire in, plain bytes out, and back (OpenSSL over memory, own BIO).
// Certificates are chosen by SNI from an immutable set that can be swapped at any time without touching a connection.
// Thread rules: TlsServer is safe from any thread; a TlsSession belongs to one.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::net {

// A chain and its key, parsed once; shared by all sets that hold it.
class TlsCertificate {
 public:
  // PEM texts; the key must belong to the first certificate. Errors: kInvalid, never with key bytes in them.
  static Result<std::shared_ptr<const TlsCertificate>> parse(std::string_view chainPem, std::string_view keyPem,
                                                             const std::string& name);
  virtual ~TlsCertificate() = default;
  virtual const std::vector<std::string>& hosts() const = 0;  // DNS names it is good for, lower case, "*.x" as written
  virtual std::int64_t notBeforeUs() const = 0;
  virtual std::int64_t notAfterUs() const = 0;
  virtual std::string fingerprint() const = 0;  // SHA-256, hex
};

// Which certificate a name gets: exact first, then wildcard of one label; a name nobody serves is refused
// (unrecognized_name). A client that names nobody (no SNI: old ones, and those that dial an address) gets `fallback`.
struct TlsCertificates {
  struct Row {
    std::string host;  // lower case, or "*.example.com"
    std::shared_ptr<const TlsCertificate> certificate;
  };
  std::vector<Row> rows;
  std::shared_ptr<const TlsCertificate> fallback;
  // acme-tls/1 answers (RFC 8737), by host.
  std::vector<Row> challenges;
};

struct TlsServerOptions {
  bool http2 = true;  // offered by ALPN before http/1.1
  // 48 bytes each (name 16, key 32 by HKDF inside), newest first; the newest encrypts, all decrypt. Empty: random ones.
  std::vector<std::string> ticketKeys = {};
  std::string minimumVersion = "1.2";  // or "1.3"
};

class TlsSession {
 public:
  enum class State { kHandshake, kOpen, kClosed, kFailed };
  virtual ~TlsSession() = default;
  // Takes bytes of the wire; calls `plain` with what they hold (views valid during the call). What must go out as an
  // answer (handshake, alerts, key updates) is appended to `wire`.
  virtual State feed(std::string_view bytes, const std::function<void(std::string_view)>& plain, std::string& wire) = 0;
  // Encrypts into `wire`, in as few records as may be; false when the session cannot send.
  virtual bool write(std::string_view plain, std::string& wire) = 0;
  virtual void close(std::string& wire) = 0;  // close_notify
  virtual State state() const = 0;
  virtual std::string_view protocol() const = 0;    // "h2", "http/1.1", "acme-tls/1" or "" (none offered)
  virtual std::string_view serverName() const = 0;  // SNI, lower case, or ""
  virtual std::string_view version() const = 0;     // "TLSv1.3"
  // Whether the certificate that answered to the client's SNI is good for `host` (lower case) too; true without SNI.
  virtual bool covers(std::string_view host) const = 0;
  virtual std::string failure() const = 0;  // why, with kFailed
};

class TlsServer {
 public:
  static Result<std::unique_ptr<TlsServer>> create(const TlsServerOptions& options);
  virtual ~TlsServer() = default;
  virtual void setCertificates(std::shared_ptr<const TlsCertificates> certificates) = 0;
  virtual void setTicketKeys(std::vector<std::string> keys) = 0;
  virtual std::unique_ptr<TlsSession> accept() = 0;
};

}  // namespace orbit::net

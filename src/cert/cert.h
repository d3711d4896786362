// The door of cert: certificates and who makes them. A keeper has the certificates of a table at hand: own files, those
// of an ACME server (RFC 8555), those of the local authority; it obtains and renews them, for ever, and says how it
// goes. Files live in `<folder>` (0700): one folder a certificate, replaced whole. Only this room makes X.509
// (OpenSSL's crypto). Thread rules: the thread of its Loop; `changed` is called there.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "cert/core/schedule.h"
#include "cert/trust.h"  // IWYU pragma: export
#include "model/route_table.h"
#include "net/net.h"
#include "net/tls_server.h"

namespace orbit::cert {

struct CertificateState {
  std::vector<std::string> hosts;
  std::string authority;  // "file", "local", or the name of an ACME one
  enum class Kind { kValid, kWaiting, kRenewing, kFailed, kExpired } kind = Kind::kWaiting;
  std::int64_t notAfterUs = 0;
  std::string fingerprint;
  std::string problem;  // the last failure, and what to do
  int failures = 0;     // in a row
  std::int64_t nextTryUs = 0;
};

// How often is looked and tried; tests shorten it.
struct Pace {
  Duration look{std::chrono::minutes(1)};  // what is due by the wall clock, which may jump
  Duration lookAtFiles{std::chrono::seconds(10)};
  BackOff backOff;
};

struct KeeperOptions {
  std::string folder;
  const Clock& clock;
  Random& random;  // jitter
  // The set to serve, challenges included; each time it changed.
  std::function<void(std::shared_ptr<const net::TlsCertificates>)> changed;
  // What GET /.well-known/acme-challenge/TOKEN is to answer on port 80; "" removes.
  std::function<void(const std::string& token, const std::string& answer)> httpAnswer;
  Pace pace = {};
};

class Keeper {
 public:
  static std::unique_ptr<Keeper> create(net::Loop& loop, KeeperOptions options);
  virtual ~Keeper() = default;
  // What a new table wants. What is at hand, own files and the first local certificates are served on return; the
  // rest follows while run() runs. Certificates at hand stay; nothing is dropped before its successor serves.
  virtual void want(const std::vector<model::TableCertificate>& certificates,
                    const std::vector<model::TableAuthority>& authorities) = 0;
  virtual std::vector<CertificateState> states() const = 0;
  virtual net::Task<void> run(net::Cancel& cancel) = 0;
};

// The local authority for *.localhost: made on first use, name-constrained to localhost, its key 0600.
struct LocalAuthority {
  std::string certificateFile;  // for `trust`
  std::string certificatePem;
  std::string fingerprint;
};
Result<LocalAuthority> localAuthority(const std::string& folder, const Clock& clock);

}  // namespace orbit::cert

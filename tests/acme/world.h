// A small internet on the loopback: pebble as the authority, knot as the name server with dynamic update, and the doors
// of an edge that answers http-01 and tls-alpn-01. One Keeper at a time runs in it.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cert/cert.h"
#include "children.h"
#include "http/http.h"

namespace orbit::acme_test {

// The true clock with a wall clock that is set wrong.
class SkewedClock final : public Clock {
 public:
  Instant now() const override { return system_.now(); }
  std::int64_t wallUs() const override { return system_.wallUs() + skewUs; }
  std::int64_t skewUs = 0;

 private:
  SystemClock system_;
};

class World {
 public:
  World();
  ~World();

  bool startPebble(int badNoncePercent = 0);  // again: on the same port, with all forgotten
  void stopPebble() { pebble_.end(); }
  bool startKnot();

  model::TableAuthority authority(model::TableAuthority::Challenge challenge) const;
  model::TableAuthority byUpdate() const;                              // dns-01 by dynamic update of knot
  std::string dnsHook() const;                                         // the file of a command that changes knot's zone
  std::vector<std::string> challengeRecords(const std::string& host);  // as knot shows them
  static model::TableCertificate certificate(std::vector<std::string> hosts);

  void makeKeeper();  // afresh, as after a restart
  cert::Keeper& keeper() { return *keeper_; }
  // Runs it until `done` or the time is up; false then.
  bool runUntil(const std::function<bool()>& done, Duration time = std::chrono::seconds(30));
  // The certificate that a TLS client naming `host` would get, by the set published last.
  std::shared_ptr<const net::TlsCertificate> served(const std::string& host) const;
  cert::CertificateState state(const std::string& host) const;
  int issued() const;                                    // certificates that pebble made since it was started
  std::string fingerprintSeen(const std::string& host);  // by a TLS client that is not ours
  std::unique_ptr<net::Stream> connectTls();             // to localhost, a client's connection that stays
  std::string echo(net::Stream& connection, const std::string& text);
  std::string why(const std::string& host) const;  // for a failed expectation

  net::Loop loop;
  SkewedClock clock;
  cert::Pace pace;
  bool answersHttp = true;
  std::string folder;
  int dnsPort = 0;
  std::string tsigSecretFile;
  int httpHits = 0, tlsHits = 0;

 private:
  net::Task<void> answerHttp(http::Exchange& exchange);
  net::Task<void> acceptTls();
  net::Task<void> answerTls(std::unique_ptr<net::Stream> stream);
  void makeAuthority();

  Child pebble_, knot_;
  int acmePort_ = 0, httpPort_ = 0, tlsPort_ = 0;
  Random random_{1};
  std::map<std::string, std::string> answers_;
  std::shared_ptr<const net::TlsCertificates> set_;
  std::unique_ptr<net::TlsServer> tls_;
  std::unique_ptr<net::Listener> httpListener_, tlsListener_;
  net::Cancel serversEnd_;
  std::unique_ptr<net::TaskGroup> sessions_;
  std::unique_ptr<cert::Keeper> keeper_;
};

}  // namespace orbit::acme_test

// The door of traffic: the daemon's side of the edge. It watches what runs of the development projects, finds who
// speaks HTTP, and keeps the edge's table so that each such service answers at https://<service>.<project>.localhost,
// and each domain of this home at its name. What deploy says that an environment serves is in the same table: its
// routes, its services' releases and shares, virtual addresses, TCP ports. Listeners and addresses are asked of hold,
// the table goes to the edge's control socket; with the engine, the edge or this process gone, the last table stays.
// Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "model/domain.h"
#include "model/live.h"
#include "model/plan.h"
#include "model/route_table.h"

namespace orbit::traffic {

struct ServiceUrl {
  std::string service, url;
};

// How a domain does: what its records say against what they should.
struct DomainReport {
  model::Domain domain;
  std::vector<std::string> records;   // to be set: "A 203.0.113.7", "AAAA 2001:db8::7"
  std::vector<std::string> found;     // "A 203.0.113.7", "CNAME shop.example.net", "CAA 0 issue \"letsencrypt.org\""
  std::vector<std::string> problems;  // what keeps it from working, and what to do
  // Of the certificate that serves it, as the edge tells: valid, waiting, renewing, failed, expired; "" unknown.
  std::string certificate;
  std::int64_t notAfterUs = 0, nextTryUs = 0;
  std::string certificateProblem;
};

// Who signs for domains when nothing else was chosen, and the choice as text (JSON) for keeping.
model::TableAuthority defaultAuthority();
std::string authorityText(const model::TableAuthority& authority);
// "" reads as the default. Errors: kInvalid, naming what is missing or does not go together.
Result<model::TableAuthority> readAuthority(const std::string& text);

struct Options {
  std::string holdSocket, edgeSocket;
  std::string ports;                               // "8080 8443": the choice of an earlier time, "" none
  std::function<void(std::string)> rememberPorts;  // when another was made
  bool engineHere = true;                          // on this machine: its bridges are
  std::string pinKey = {};                         // at least 16 random bytes, kept: for openUrl(). "": no pins
};

class Traffic {
 public:
  static std::unique_ptr<Traffic> create(net::Loop& loop, engine::Engine& engine, Options options);
  virtual ~Traffic() = default;

  // All domains of this home, and who signs their certificates. Takes effect at once.
  virtual void setDomains(std::vector<model::Domain> domains, model::TableAuthority authority) = 0;
  // Watches until cancelled. Runs once.
  virtual net::Task<void> run(net::Cancel& cancel) = 0;

  // Deployed environments are still to be told: until environmentsComplete(), what the edge serves of those that
  // serve() has not named yet stays as it is. To be called before run().
  virtual void expectEnvironments() = 0;
  virtual void environmentsComplete() = 0;
  // What an environment serves from now on, in place of what it served; without services: nothing. Returns when the
  // edge serves it, on all its threads. Errors: kInvalid, kConflict (see conflicts()): nothing has changed; kConflict
  // also when a port to be exposed is taken, with all the rest served; kTimeout, kUnavailable: it is kept, and sent
  // when the edge is back. Calls for one environment come one after the other; the newest wins.
  virtual net::Task<Status> serve(model::LiveEnvironment environment, net::Wait wait) = 0;
  // Hosts, paths and ports that others have already, each with whose they are: what serve() would refuse.
  virtual std::vector<Error> conflicts(const model::LiveEnvironment& environment) const = 0;
  // Returns when no request or connection is in flight at a release that takes none any more, of its HTTP and its TCP
  // ports, in any generation of the edge. Connections to TCP ports of a paused service get two seconds: they are held,
  // and a pool keeps them as long as it lives. Errors: kTimeout, saying how many there were.
  virtual net::Task<Status> drained(std::string project, std::string environment, std::string service,
                                    std::string release, net::Wait wait) = 0;
  // Whether environments can have virtual addresses: hold is root, the engine on this machine.
  virtual bool virtualAddresses() const = 0;
  // Where people reach a deployed service: by a domain, a host of its file, or
  // <service>.<environment>.<project>.localhost.
  // "" without a route or while the edge listens nowhere.
  virtual std::string url(const std::string& project, const std::string& environment,
                          const std::string& service) const = 0;
  // Returns when url() tells of all that is deployed, which after a start takes a moment, or when `wait` ends.
  virtual net::Task<void> known(net::Wait wait) = 0;
  // What shows one release of a service, whatever the weights, to the browser that opens it; for that one and a day.
  // "" where url() is, and for a release that is not served.
  virtual std::string openUrl(const std::string& project, const std::string& environment, const std::string& service,
                              const std::string& release) const = 0;
  // With which Orbit's own requests to the edge are told from visitors' (model::RouteTable). "" without a pinKey.
  virtual std::string probeKey() const = 0;
  // Listens already, with nothing to serve yet: what is built for its URL must know httpsPort(). Returns when it does,
  // or when `wait` ends.
  virtual net::Task<void> listen(net::Wait wait) = 0;
  // The port of https as people write it behind a host: what the edge listens on, else what it had, else 443.
  virtual int httpsPort() const = 0;
  // The hosts that deployed services have by their files, as domains; setDomains()' are not among them.
  virtual std::vector<model::Domain> deployedDomains() const = 0;

  // What speaks HTTP of a project, by what is known now.
  virtual std::vector<ServiceUrl> urls(const std::string& project) const = 0;
  // Returns when all that runs of a project has been looked at and its routes are served, at the latest when `wait`
  // ends; at once when nothing `changed` since it was.
  virtual net::Task<void> settle(std::string project, bool changed, net::Wait wait) = 0;
  // Things to tell the user about a project: a server on 127.0.0.1 only, a name too long for a host.
  virtual std::vector<model::Warning> warnings(const std::string& project) const = 0;
  // A container is about to publish these ports of the host: ours go elsewhere when they are among them.
  virtual net::Task<void> makeRoom(std::vector<int> ports, net::Wait wait) = 0;
  // Looks up the records of these domains and asks the edge for their certificates.
  virtual net::Task<std::vector<DomainReport>> report(std::vector<model::Domain> domains, net::Wait wait) = 0;
};

}  // namespace orbit::traffic

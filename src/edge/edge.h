// The door of edge: takes a request to the right release and reports what happened. Data plane: it serves from an
// immutable route table that is swapped whole, on worker threads that share nothing but that pointer and atomics; with
// the daemon or the engine dead it goes on serving. It does not make certificates (cert does) and knows no deploys.
//
//   client socket → Transport (plain or TLS) → Http1Client | Http2Client → Exchange → Attempt → UpstreamConnection
//                    client/                     client/                   exchange/            upstream/
//
// Thread rules: Edge is the control thread's; its workers are its own.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/route_table.h"
#include "net/net.h"
#include "net/tls_server.h"

namespace orbit::edge {

struct Listening {
  std::string name;     // of a listener in the table
  int descriptor = -1;  // already listening; the edge's own from now on
};

struct Options {
  unsigned workers = 1;
  std::uint64_t generation = 0;
  std::string signalFile;
  // Overrides the table's; "" : the table's, which has every line. With signals this one has only those whose records
  // nobody took from there.
  std::string logFile;
};

class Edge {
 public:
  static Result<std::unique_ptr<Edge>> create(net::Loop& loop, Options options);
  virtual ~Edge() = default;  // after drain, or cuts what is left
  // Takes the place of the table before; a table that cannot be compiled changes nothing. Connections and requests
  // under way go on by the table they began with. `listening`: sockets not handed over before; one with the name of an
  // earlier takes its place, the others stay as long as a table names them and are closed then. A listener of the table
  // without a socket is not served. When the table is refused, `listening` is closed.
  virtual Status apply(std::shared_ptr<const model::RouteTable> table, std::vector<Listening> listening) = 0;
  virtual void setCertificates(std::shared_ptr<const net::TlsCertificates> certificates) = 0;
  virtual void setTicketKeys(std::vector<std::string> keys) = 0;
  virtual void reopenLog() = 0;  // after its file was moved away
  virtual void setAcmeAnswer(const std::string& token, const std::string& answer) = 0;

  // Stops accepting, lets requests finish (decision 26), WebSockets by their grace; resolves when nothing is left or at
  // the deadline, and then cuts.
  virtual net::Task<void> drain(net::Wait wait) = 0;

  struct InstanceStatus {
    std::string service, release, instance, address;
    bool healthy = true;
    std::string why;  // when not
    unsigned active = 0;
    bool leaving = false;  // in the table no more, but still in use
  };
  struct State {
    std::uint64_t connections = 0, requests = 0, upgraded = 0, paused = 0;
    std::vector<InstanceStatus> instances;
    bool swapping = false;  // see applied()
  };
  virtual State state() const = 0;
  // Every worker goes by the newest table: no request begins by an earlier one any more.
  virtual bool applied() const = 0;
  virtual std::uint64_t connections() const = 0;  // open now
};

}  // namespace orbit::edge

// One thread of the data plane: a reactor, the connections that it accepted, pools to the instances, and the table that
// new requests are served by. Shares with other threads only immutable objects and atomics. Private to edge. Thread
// rules: everything on the worker's thread, but start(), stop(), post() and counts(), which are the control thread's.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "edge/log/access_log.h"
#include "edge/upstream/pool.h"
#include "edge/vitals/vitals.h"
#include "edge/worker/runtime.h"
#include "net/net.h"
#include "signal/signal.h"

namespace orbit::edge {

class ClientConnection;
class ExchangeState;
class Listener;
class TcpSession;

// A socket that several workers accept from; the last one closes it.
struct ListenSocket {
  net::Descriptor descriptor;
};

struct WorkerOptions {
  unsigned number = 0;
  unsigned workers = 1;
  signal::WorkerWriter* signals = nullptr;  // may be null
  std::shared_ptr<net::TlsServer> tls;      // null: no HTTPS
};

struct WorkerCounts {
  std::atomic<std::uint64_t> connections{0};  // open now
  std::atomic<std::uint64_t> requests{0};     // ever
  std::atomic<std::uint64_t> upgraded{0};     // open now
  std::atomic<std::uint64_t> paused{0};       // waiting now
};

class Worker {
 public:
  explicit Worker(WorkerOptions options);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // For the control thread.
  void start();
  void stop();  // cuts what is left, and joins
  void post(std::function<void()> callback) { reactor_.post(std::move(callback)); }
  const WorkerCounts& counts() const { return counts_; }

  // Commands, by post().
  void apply(std::shared_ptr<const TableRuntime> runtime);
  struct Listen {
    std::shared_ptr<ListenSocket> socket;
    std::shared_ptr<const ListenerRuntime> runtime;
  };
  void listen(const std::vector<Listen>& listeners);  // these and no others
  // `leftOver`: a line comes to it only if nobody takes its record from the signals.
  void setLog(std::unique_ptr<AccessLog> log, bool leftOver);
  void setAcmeAnswers(std::shared_ptr<const AcmeAnswers> answers) { acmeAnswers_ = std::move(answers); }
  void drain();
  void cutAll();

  net::Reactor& reactor() { return reactor_; }
  Instant now() const { return reactor_.now(); }
  std::int64_t wallUs() const { return reactor_.wallUs(); }
  Random& random() { return random_; }
  std::span<char> scratch() { return {scratch_.get(), scratchBytes_}; }
  void takeBuffer(std::string& into);
  void giveBuffer(std::string& buffer);
  http::RequestIndex& requestIndex() { return requestIndex_; }     // to parse into; onRequest swaps it
  http::ResponseIndex& responseIndex() { return responseIndex_; }  // to parse into
  std::string& lines() { return lines_; }                          // to write field lines to
  std::string& plain() { return plain_; }                          // to gather what is to be encrypted
  std::string_view dateLine();                                     // "Date: …\r\n"

  const TablePin& table() const { return table_; }
  const AcmeAnswers* acmeAnswers() const { return acmeAnswers_.get(); }
  Pools& pools() { return pools_; }
  Upstreams& upstreams() { return *upstreams_; }
  void setUpstreams(Upstreams& upstreams) { upstreams_ = &upstreams; }  // of a test
  signal::WorkerWriter* signals() { return options_.signals; }
  AccessLog* log() { return logsAll_ ? log_.get() : nullptr; }  // to which each request is told
  AccessLog* logFile() { return log_.get(); }
  VitalNames& vitalNames() { return vitalNames_; }
  net::TlsServer* tls() { return options_.tls.get(); }
  std::uint64_t hashSeed() const { return hashSeed_; }
  bool draining() const { return draining_; }
  WorkerCounts& counted() { return counts_; }
  bool mayAccept() const;

  void freeLater(std::unique_ptr<TcpSession> session);  // once nothing of it is on the stack
  ExchangeState& takeExchange();
  void giveExchange(ExchangeState& exchange);

  std::unordered_set<ClientConnection*>& clients() { return clients_; }
  std::unordered_set<TcpSession*>& tcpSessions() { return tcpSessions_; }
  std::unordered_set<ExchangeState*>& tunnels() { return tunnels_; }

 private:
  struct Housekeeping final : net::Timer {
    explicit Housekeeping(Worker& owner) : worker(owner) {}
    void onTimer() override { worker.keepHouse(); }
    Worker& worker;
  };
  void keepHouse();
  void flushLog();
  void freeExchanges();
  void resumePaused();
  std::shared_ptr<ServiceDesk> desk(const std::string& service);

  WorkerOptions options_;
  net::Reactor reactor_;
  Random random_ = Random::fromSystem();
  std::uint64_t hashSeed_ = random_.next();
  std::size_t scratchBytes_;
  std::unique_ptr<char[]> scratch_;
  std::vector<std::string> buffers_;
  http::RequestIndex requestIndex_;
  http::ResponseIndex responseIndex_;
  std::string lines_, plain_, dateLine_;
  std::int64_t dateSecond_ = 0;
  TablePin table_;
  std::shared_ptr<const AcmeAnswers> acmeAnswers_;
  std::unordered_map<std::string, std::weak_ptr<ServiceDesk>> desks_;
  std::unique_ptr<AccessLog> log_;
  bool logsAll_ = false;
  WorkerCounts counts_;
  VitalNames vitalNames_;
  Pools pools_{*this};
  Upstreams* upstreams_ = &pools_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unordered_set<ClientConnection*> clients_;
  std::unordered_set<TcpSession*> tcpSessions_;
  std::unordered_set<ExchangeState*> tunnels_;
  std::vector<std::unique_ptr<ExchangeState>> exchanges_;  // all, each at its place()
  std::vector<ExchangeState*> freeExchanges_;
  Housekeeping housekeeping_{*this};
  bool draining_ = false;
  std::thread thread_;
};

}  // namespace orbit::edge

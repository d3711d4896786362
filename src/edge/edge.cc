#include "edge/edge.h"

#include <fcntl.h>

#include "edge/probes.h"
#include "edge/worker/worker.h"

namespace orbit::edge {
namespace {

constexpr std::chrono::milliseconds kDrainLook{20};

class Server final : public Edge {
 public:
  Server(net::Loop& loop, Options options, std::unique_ptr<signal::Writer> signals, std::unique_ptr<net::TlsServer> tls)
      : loop_(loop), options_(std::move(options)), signals_(std::move(signals)), tls_(std::move(tls)) {}
  ~Server() override {
    for (auto& worker : workers_) worker->stop();
    workers_.clear();
    if (signals_) signals_->finish();
  }

  Status apply(std::shared_ptr<const model::RouteTable> table, std::vector<Listening> listening) override;
  void setCertificates(std::shared_ptr<const net::TlsCertificates> certificates) override {
    tls_->setCertificates(std::move(certificates));
  }
  void setTicketKeys(std::vector<std::string> keys) override { tls_->setTicketKeys(std::move(keys)); }
  void reopenLog() override;
  void setAcmeAnswer(const std::string& token, const std::string& answer) override;
  net::Task<void> drain(net::Wait wait) override;
  State state() const override;
  bool applied() const override { return applying_->load(std::memory_order_acquire) == 0; }
  std::uint64_t connections() const override;

 private:
  std::shared_ptr<const TableRuntime> freedHere(std::shared_ptr<const TableRuntime> compiled);
  void startWorkers();
  Status openLogs(const model::RouteTable& table);
  std::vector<Worker::Listen> listeners(const model::RouteTable& table);
  void follow(const TableRuntime& before);
  InstanceStatus statusOf(const std::string& service, const std::string& release, const InstanceState& instance) const;

  // An instance that left the table while it was in use, or may still be chosen by a worker that has not swapped yet.
  struct Leaving {
    std::string service, release;
    std::shared_ptr<InstanceState> instance;
  };

  net::Loop& loop_;
  Options options_;
  std::unique_ptr<signal::Writer> signals_;
  std::shared_ptr<net::TlsServer> tls_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::shared_ptr<const TableRuntime> runtime_;
  std::map<std::string, std::shared_ptr<ListenSocket>> sockets_;
  AcmeAnswers acmeAnswers_;
  std::string logFile_;
  bool logJson_ = true;
  bool draining_ = false;
  // Workers that still have to take the newest table; those of an earlier one count elsewhere.
  std::shared_ptr<std::atomic<std::size_t>> applying_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::vector<Leaving> leaving_;
  Probes probes_{loop_};
};

// Freeing ten thousand routes takes milliseconds, which no worker has: whoever lets go last, it happens on this loop.
std::shared_ptr<const TableRuntime> Server::freedHere(std::shared_ptr<const TableRuntime> compiled) {
  const TableRuntime* const runtime = compiled.get();
  return {runtime, [loop = &loop_, compiled = std::move(compiled)](const TableRuntime*) mutable {
            loop->post([gone = std::move(compiled)] {});
          }};
}

Status Server::apply(std::shared_ptr<const model::RouteTable> table, std::vector<Listening> listening) {
  std::vector<std::pair<std::string, std::shared_ptr<ListenSocket>>> handed;
  for (Listening& one : listening) {
    auto socket = std::make_shared<ListenSocket>();
    socket->descriptor = net::Descriptor(one.descriptor);
    ::fcntl(one.descriptor, F_SETFL, ::fcntl(one.descriptor, F_GETFL) | O_NONBLOCK);
    handed.emplace_back(std::move(one.name), std::move(socket));
  }
  ORBIT_TRY(auto compiled, TableRuntime::compile(table, runtime_.get(), loop_.clock().now()));
  const std::shared_ptr<const TableRuntime> runtime = freedHere(std::move(compiled));
  if (workers_.empty()) startWorkers();
  ORBIT_TRY_STATUS(openLogs(*table));
  for (auto& [name, socket] : handed) sockets_[name] = std::move(socket);
  const std::vector<Worker::Listen> listen = draining_ ? std::vector<Worker::Listen>() : listeners(*table);
  const std::shared_ptr<const TableRuntime> before = std::exchange(runtime_, runtime);
  applying_ = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  for (auto& worker : workers_) {
    worker->post([target = worker.get(), runtime, listen, left = applying_] {
      target->apply(runtime);
      target->listen(listen);
      left->fetch_sub(1, std::memory_order_release);
    });
  }
  probes_.follow(*runtime);
  if (before != nullptr) follow(*before);
  return {};
}

// What became of the instances of the table before.
void Server::follow(const TableRuntime& before) {
  std::erase_if(leaving_, [](const Leaving& one) { return one.instance->active.load(std::memory_order_relaxed) == 0; });
  for (const ServicePtr& service : before.services) {
    const int number = runtime_->serviceNumber(service->config.name);
    drainGone(*service, number < 0 ? nullptr : runtime_->services[static_cast<std::size_t>(number)].get());
    for (const ReleaseState& release : service->releases) {
      for (const auto& instance : release.instances) {
        if (!instance->draining.load(std::memory_order_relaxed)) continue;
        leaving_.push_back({service->config.name, release.id, instance});
      }
    }
  }
}

void Server::startWorkers() {
  const unsigned count = std::max(options_.workers, 1U);
  for (unsigned number = 0; number < count; ++number) {
    WorkerOptions options;
    options.number = number;
    options.workers = count;
    if (signals_) options.signals = &signals_->worker(number);
    options.tls = tls_;
    workers_.push_back(std::make_unique<Worker>(std::move(options)));
    workers_.back()->start();
  }
}

Status Server::openLogs(const model::RouteTable& table) {
  const std::string& file = options_.logFile.empty() ? table.log.file : options_.logFile;
  if (file == logFile_ && table.log.json == logJson_) return {};
  std::vector<std::unique_ptr<AccessLog>> logs(workers_.size());
  if (!file.empty()) {
    for (auto& log : logs) {
      ORBIT_TRY(log, AccessLog::open(file, table.log.json));
    }
  }
  logFile_ = file;
  logJson_ = table.log.json;
  const bool leftOver = signals_ && !options_.logFile.empty();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const auto log = std::make_shared<std::unique_ptr<AccessLog>>(std::move(logs[i]));
    workers_[i]->post([target = workers_[i].get(), log, leftOver] { target->setLog(std::move(*log), leftOver); });
  }
  return {};
}

// The table's listeners that have a socket; sockets that no listener names are let go.
std::vector<Worker::Listen> Server::listeners(const model::RouteTable& table) {
  std::map<std::string, std::shared_ptr<ListenSocket>> kept;
  std::vector<Worker::Listen> result;
  for (const auto& listener : table.listeners) {
    const auto socket = sockets_.find(listener.name);
    if (socket == sockets_.end()) continue;
    kept.insert(*socket);
    result.push_back({socket->second, std::make_shared<ListenerRuntime>(ListenerRuntime{listener})});
  }
  sockets_ = std::move(kept);
  return result;
}

void Server::reopenLog() {
  for (auto& worker : workers_) {
    worker->post([target = worker.get()] {
      if (target->logFile() == nullptr) return;
      const Status status = target->logFile()->reopen();
      if (!status.ok()) log(Level::kError, "edge", status.error().text());
    });
  }
}

void Server::setAcmeAnswer(const std::string& token, const std::string& answer) {
  if (answer.empty()) {
    acmeAnswers_.erase(token);
  } else {
    acmeAnswers_[token] = answer;
  }
  const auto answers = std::make_shared<const AcmeAnswers>(acmeAnswers_);
  for (auto& worker : workers_) {
    worker->post([target = worker.get(), answers] { target->setAcmeAnswers(answers); });
  }
}

std::uint64_t Server::connections() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->counts().connections.load(std::memory_order_relaxed);
  return sum;
}

net::Task<void> Server::drain(net::Wait wait) {
  draining_ = true;
  sockets_.clear();
  auto left = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  for (auto& worker : workers_) {
    worker->post([target = worker.get(), left] {
      target->drain();
      left->fetch_sub(1, std::memory_order_release);
    });
  }
  while (left->load(std::memory_order_acquire) > 0 || connections() > 0) {
    if (loop_.clock().now() >= wait.deadline) break;
    const Status slept = co_await loop_.sleep(kDrainLook, wait);
    if (!slept.ok()) break;
  }
  for (auto& worker : workers_) worker->stop();
}

Edge::State Server::state() const {
  State state;
  for (const auto& worker : workers_) {
    const WorkerCounts& counts = worker->counts();
    state.connections += counts.connections.load(std::memory_order_relaxed);
    state.requests += counts.requests.load(std::memory_order_relaxed);
    state.upgraded += counts.upgraded.load(std::memory_order_relaxed);
    state.paused += counts.paused.load(std::memory_order_relaxed);
  }
  state.swapping = !applied();
  if (runtime_ == nullptr) return state;
  for (const ServicePtr& service : runtime_->services) {
    for (const ReleaseState& release : service->releases) {
      for (const auto& instance : release.instances) {
        state.instances.push_back(statusOf(service->config.name, release.id, *instance));
      }
    }
  }
  for (const Leaving& one : leaving_) {
    if (one.instance->active.load(std::memory_order_relaxed) == 0) continue;
    state.instances.push_back(statusOf(one.service, one.release, *one.instance));
    state.instances.back().leaving = true;
  }
  return state;
}

Edge::InstanceStatus Server::statusOf(const std::string& service, const std::string& release,
                                      const InstanceState& instance) const {
  InstanceStatus row;
  row.service = service;
  row.release = release;
  row.instance = instance.id;
  row.address = instance.address;
  row.active = instance.active.load(std::memory_order_relaxed);
  if (isResting(instance, loop_.clock().now())) row.why = "it failed several times in a row";
  if (!instance.probedHealthy.load(std::memory_order_relaxed)) {
    row.why = "its health check fails: " + probes_.why(instance);
  }
  row.healthy = row.why.empty();
  return row;
}

}  // namespace

Result<std::unique_ptr<Edge>> Edge::create(net::Loop& loop, Options options) {
  std::unique_ptr<signal::Writer> signals;
  if (!options.signalFile.empty()) {
    signal::WriterOptions writer;
    writer.path = options.signalFile;
    writer.generation = options.generation;
    writer.workers = std::max(options.workers, 1U);
    ORBIT_TRY(signals, signal::Writer::create(writer));
  }
  ORBIT_TRY(auto tls, net::TlsServer::create({}));
  return std::unique_ptr<Edge>(std::make_unique<Server>(loop, std::move(options), std::move(signals), std::move(tls)));
}

}  // namespace orbit::edge

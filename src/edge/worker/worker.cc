#include "edge/worker/worker.h"

#include <pthread.h>

#include <csignal>

#include "edge/client/connection.h"
#include "edge/client/tcp.h"
#include "edge/exchange/exchange_state.h"
#include "edge/worker/limits.h"
#include "edge/worker/listener.h"

namespace orbit::edge {
namespace {

// RFC 9110 5.6.7.
std::string httpDate(std::int64_t second) {
  const std::time_t time = second;
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[48];
  const std::size_t size = std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  return {text, size};
}

}  // namespace

Worker::Worker(WorkerOptions options)
    : options_(std::move(options)), scratchBytes_(kScratchBytes), scratch_(std::make_unique<char[]>(kScratchBytes)) {
  reactor_.timers().arm(housekeeping_, now() + kHousekeeping);
}

Worker::~Worker() {
  stop();
  cutAll();
}

void Worker::start() {
  thread_ = std::thread([this] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    reactor_.run();
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  post([this] {
    cutAll();
    reactor_.stop();
  });
  thread_.join();
}

void Worker::takeBuffer(std::string& into) {
  if (buffers_.empty()) {
    into.reserve(4 * kBufferBytesMin);
    return;
  }
  into.swap(buffers_.back());
  buffers_.pop_back();
}

void Worker::giveBuffer(std::string& buffer) {
  const std::size_t capacity = buffer.capacity();
  if (capacity < kBufferBytesMin) return buffer.clear();
  if (capacity > kBufferBytesMax || buffers_.size() >= kBuffersMax) {
    std::string().swap(buffer);
    return;
  }
  buffer.clear();
  buffers_.emplace_back().swap(buffer);
}

std::string_view Worker::dateLine() {
  const std::int64_t second = wallUs() / 1'000'000;
  if (second != dateSecond_) {
    dateSecond_ = second;
    dateLine_ = httpDate(second);
  }
  return dateLine_;
}

std::shared_ptr<ServiceDesk> Worker::desk(const std::string& service) {
  std::weak_ptr<ServiceDesk>& known = desks_[service];
  std::shared_ptr<ServiceDesk> desk = known.lock();
  if (!desk) known = desk = std::make_shared<ServiceDesk>();
  return desk;
}

void Worker::apply(std::shared_ptr<const TableRuntime> runtime) {
  auto table = std::make_unique<WorkerTable>();
  for (const auto& service : runtime->services) table->desks.push_back(desk(service->config.name));
  table->series.resize(runtime->table->routes.size() + runtime->services.size());
  table->runtime = std::move(runtime);
  table_ = TablePin(table.release());
  std::erase_if(desks_, [](const auto& row) { return row.second.expired(); });
  resumePaused();
  for (TcpSession* session : tcpSessions_) session->checkPause(*table_->runtime);
  for (ExchangeState* tunnel : tunnels_) tunnel->checkTunnel(*table_->runtime);
}

// Who waits behind a service that is not paused any more goes on, in the order it came.
void Worker::resumePaused() {
  std::vector<Resumable*> resumed;
  for (const auto& [name, known] : desks_) {
    const std::shared_ptr<ServiceDesk> waited = known.lock();
    if (!waited || waited->paused.empty()) continue;
    const int number = table_->runtime->serviceNumber(name);
    if (number >= 0 && table_->runtime->services[static_cast<std::size_t>(number)]->config.paused) continue;
    resumed.insert(resumed.end(), waited->paused.begin(), waited->paused.end());
    waited->paused.clear();
  }
  for (Resumable* one : resumed) one->onResume();
}

void Worker::listen(const std::vector<Listen>& listeners) {
  std::vector<std::unique_ptr<Listener>> next;
  for (const Listen& wanted : listeners) {
    const auto same = std::find_if(listeners_.begin(), listeners_.end(),
                                   [&](const auto& listener) { return listener && listener->serves(*wanted.socket); });
    if (same != listeners_.end()) {
      (*same)->setRuntime(wanted.runtime);
      next.push_back(std::move(*same));
      continue;
    }
    auto listener = std::make_unique<Listener>(*this, wanted.socket, wanted.runtime);
    if (listener->begin()) next.push_back(std::move(listener));
  }
  listeners_ = std::move(next);
}

bool Worker::mayAccept() const {
  const std::uint64_t clientsMax = table_->runtime->table->limits.clientsMax / options_.workers + 1;
  return clients_.size() + tcpSessions_.size() < clientsMax;
}

void Worker::setLog(std::unique_ptr<AccessLog> log, bool leftOver) {
  flushLog();
  log_ = std::move(log);
  logsAll_ = !leftOver;
  if (options_.signals == nullptr) return;
  std::function<void(const signal::AccessLine&)> add;
  if (log_ && leftOver) add = [file = log_.get()](const signal::AccessLine& line) { file->add(line); };
  options_.signals->keepLog(std::move(add));
}

void Worker::flushLog() {
  if (options_.signals != nullptr) options_.signals->leaveLog();
  if (log_) log_->flush();
}

void Worker::drain() {
  if (std::exchange(draining_, true)) return;
  listeners_.clear();
  // Draining may close some, which leave the set.
  const std::vector<ClientConnection*> clients(clients_.begin(), clients_.end());
  for (ClientConnection* client : clients) client->drain();
  for (ExchangeState* tunnel : tunnels_) tunnel->checkTunnel(*table_->runtime);
}

void Worker::cutAll() {
  listeners_.clear();
  const std::vector<ClientConnection*> clients(clients_.begin(), clients_.end());
  for (ClientConnection* client : clients) client->cutNow();
  const std::vector<TcpSession*> sessions(tcpSessions_.begin(), tcpSessions_.end());
  for (TcpSession* session : sessions) session->cutNow();
  pools_.closeIdle();
  flushLog();
}

void Worker::freeLater(std::unique_ptr<TcpSession> session) {
  reactor_.post([held = std::shared_ptr<TcpSession>(std::move(session))] {});
}

ExchangeState& Worker::takeExchange() {
  if (freeExchanges_.empty()) {
    exchanges_.push_back(std::make_unique<ExchangeState>(*this, exchanges_.size()));
    return *exchanges_.back();
  }
  ExchangeState& exchange = *freeExchanges_.back();
  freeExchanges_.pop_back();
  return exchange;
}

void Worker::giveExchange(ExchangeState& exchange) {
  freeExchanges_.push_back(&exchange);
}

void Worker::freeExchanges() {
  while (freeExchanges_.size() > kExchangesKept) {
    const std::size_t place = freeExchanges_.back()->place();
    freeExchanges_.pop_back();
    exchanges_[place].swap(exchanges_.back());
    exchanges_[place]->moveTo(place);
    exchanges_.pop_back();
  }
}

void Worker::keepHouse() {
  reactor_.timers().arm(housekeeping_, now() + kHousekeeping);
  pools_.tidy(now());
  freeExchanges();
  if (options_.signals != nullptr) options_.signals->tick(wallUs());
  if (log_) log_->flush();
}

}  // namespace orbit::edge

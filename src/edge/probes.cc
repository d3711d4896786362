#include "edge/probes.h"

#include "base/log.h"
#include "base/text.h"

namespace orbit::edge {
namespace {

constexpr std::size_t kStatusLineBytes = 12;  // "HTTP/1.1 200"

net::Address addressOf(const std::string& text) {
  if (startsWith(text, "unix:")) return net::Address::unixSocket(text.substr(5));
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (startsWith(host, "[")) host = host.substr(1, host.size() - 2);
  return net::Address::tcp(host, std::stoi(text.substr(colon + 1)));
}

std::string whyNot(const Error& error, const model::TableHealthCheck& check) {
  if (error.code == Code::kTimeout) return "no answer in " + spanText(check.timeout);
  return error.message;
}

}  // namespace

void Probes::follow(const TableRuntime& table) {
  std::map<std::uint32_t, std::shared_ptr<Row>> next;
  std::vector<std::shared_ptr<Row>> begun;
  for (const ServicePtr& service : table.services) {
    if (service->config.health.empty()) continue;
    const model::TableHealthCheck& check = service->config.health.front();
    for (const ReleaseState& release : service->releases) {
      for (const auto& instance : release.instances) {
        const auto known = rows_.find(instance->number);
        std::shared_ptr<Row>& row = next[instance->number];
        if (row) continue;
        if (known != rows_.end() && known->second->check == check) {
          row = std::move(known->second);
          continue;
        }
        row = std::make_shared<Row>(instance, check, random_, loop_.clock().now());
        begun.push_back(row);
      }
    }
  }
  rows_.swap(next);
  for (auto& [number, gone] : next) {
    if (gone) gone->cancel.request();
  }
  for (auto& row : begun) tasks_.add(watch(row));
}

net::Task<void> Probes::watch(std::shared_ptr<Row> row) {
  net::Wait until;
  until.cancel = &row->cancel;
  for (;;) {
    const Duration left = row->probe.due() - loop_.clock().now();
    const Status slept = co_await loop_.sleep(left, until);
    if (!slept.ok()) co_return;
    std::string why = co_await ask(row);
    if (row->cancel.requested()) co_return;
    if (!row->probe.note(*row->instance, std::move(why), random_, loop_.clock().now())) continue;
    const bool healthy = row->instance->probedHealthy.load(std::memory_order_relaxed);
    log(healthy ? Level::kInfo : Level::kWarning, "edge",
        "instance " + row->instance->id +
            (healthy ? " is healthy" : " is not healthy: " + std::string(row->probe.why())));
  }
}

// "" when it passes, else what is wrong.
net::Task<std::string> Probes::ask(std::shared_ptr<Row> row) {
  net::Wait wait;
  wait.deadline = loop_.clock().now() + row->check.timeout;
  wait.cancel = &row->cancel;
  const net::Address address = addressOf(row->instance->address);
  auto connected = co_await net::connect(loop_, address, wait);
  if (!connected.ok()) co_return whyNot(connected.error(), row->check);
  const std::string request = probeRequest(row->check, row->instance->address);
  if (request.empty()) co_return std::string();
  net::Stream& stream = **connected;
  const Status sent = co_await stream.write(request, wait);
  if (!sent.ok()) co_return whyNot(sent.error(), row->check);
  std::string answer;
  std::array<char, 256> buffer{};
  while (answer.size() < kStatusLineBytes) {
    const std::span<char> into(buffer);
    const auto size = co_await stream.read(into, wait);
    if (!size.ok()) co_return whyNot(size.error(), row->check);
    if (*size == 0) co_return std::string("it closed the connection without an answer");
    answer.append(buffer.data(), *size);
  }
  int status = 0;
  std::from_chars(answer.data() + 9, answer.data() + kStatusLineBytes, status);
  if (!startsWith(answer, "HTTP/1.")) co_return std::string("it does not speak HTTP");
  co_return probeVerdict(row->check, status);
}

std::string Probes::why(const InstanceState& instance) const {
  const auto row = rows_.find(instance.number);
  return row == rows_.end() ? std::string() : std::string(row->second->probe.why());
}

}  // namespace orbit::edge

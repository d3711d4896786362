#include "daemon/prober.h"

#include "format/url.h"
#include "http/http.h"

namespace orbit::daemon {
namespace {

using net::Task;
using net::Wait;

constexpr Duration kProbeTime = std::chrono::seconds(10);
constexpr Duration kAgain = std::chrono::seconds(1);
constexpr int kHttps = 443, kServerError = 500;

Task<Status> askOnce(net::Loop& loop, ProbeTarget target, Wait wait) {
  net::Tls tls;
  tls.name = target.host;
  tls.anyAuthority = true;
  net::Address address = net::Address::tcp("127.0.0.1", target.port);
  address.tls = std::make_shared<const net::Tls>(std::move(tls));
  http::Client client(loop, std::move(address));
  http::Request request;
  request.head.target = target.path;
  request.head.fields.set("Host",
                          target.port == kHttps ? target.host : target.host + ":" + std::to_string(target.port));
  request.head.fields.set("User-Agent", "orbit-uptime");
  request.head.fields.set("Accept", "*/*");
  if (!target.key.empty()) request.head.fields.set("X-Forwarded-Orbit-Probe", target.key);
  const auto answer = co_await client.send(std::move(request), wait);
  if (!answer.ok()) co_return answer.error();
  const int status = (*answer)->head().status;
  if (status < kServerError) co_return Status();
  co_return Error{.code = Code::kUnavailable, .message = "HTTP " + std::to_string(status)};
}

}  // namespace

ProbeTarget targetOf(const std::string& url, const std::string& key) {
  const auto parsed = format::parseUrl(url);
  if (!parsed || parsed->scheme != "https") return {};
  return {parsed->host, parsed->path.empty() ? "/" : parsed->path, parsed->port == 0 ? kHttps : parsed->port, key};
}

Task<Status> probe(net::Loop& loop, ProbeTarget target, Wait wait) {
  const Wait first = wait.until(loop.clock().now() + kProbeTime);
  Status asked = co_await askOnce(loop, target, first);
  if (asked.ok()) co_return asked;
  const Status slept = co_await loop.sleep(kAgain, wait);
  if (!slept.ok()) co_return slept;
  const Wait second = wait.until(loop.clock().now() + kProbeTime);
  co_return co_await askOnce(loop, std::move(target), second);
}

}  // namespace orbit::daemon

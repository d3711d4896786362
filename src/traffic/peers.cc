#include "traffic/peers.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include "http/http.h"
#include "traffic/dns.h"
#include "traffic/limits.h"
#include "traffic/ports.h"

namespace orbit::traffic {
namespace {

using net::Task;
using net::Wait;

// Marked as Orbit's; HEAD and `Connection: close`, so that a server has as little to do as can be.
constexpr std::string_view kProbe =
    "HEAD / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Orbit-Probe\r\nAccept: */*\r\nConnection: close\r\n\r\n";

Task<bool> speaksHttp(net::Loop& loop, std::string address, int port, Wait wait) {
  const Wait limited = wait.until(loop.clock().now() + kProbeTime);
  net::Address target = net::Address::tcp(std::move(address), port);
  auto stream = co_await net::connect(loop, std::move(target), limited);
  if (!stream.ok()) co_return false;
  const Status sent = co_await (*stream)->write(kProbe, limited);
  if (!sent.ok()) co_return false;
  std::string answer;
  char piece[64];
  while (speechOf(answer) == Speech::kUnknown) {
    const std::span<char> room(piece);
    const auto count = co_await (*stream)->read(room, limited);
    if (!count.ok() || *count == 0) co_return false;
    answer.append(piece, *count);
  }
  co_return speechOf(answer) == Speech::kHttp;
}

Task<Result<std::string>> tellHold(net::Loop& loop, std::string path, std::string command, Wait wait) {
  const Wait limited = wait.until(loop.clock().now() + kPeerTime);
  net::Address address = net::Address::unixSocket(std::move(path));
  ORBIT_CO_TRY(auto stream, co_await net::connect(loop, std::move(address), limited));
  ORBIT_CO_TRY_STATUS(co_await stream->write(command, limited));
  std::string answer;
  char piece[4096];
  while (answer.size() < kHoldAnswerBytesMax) {
    const std::span<char> room(piece);
    const auto count = co_await stream->read(room, limited);
    if (!count.ok()) co_return count.error();
    if (*count == 0) break;
    answer.append(piece, *count);
  }
  co_return answer;
}

Task<Result<EdgeAnswer>> callEdge(net::Loop& loop, std::string socket, std::string method, std::string path,
                                  std::string body, Wait wait) {
  const Wait limited = wait.until(loop.clock().now() + kPeerTime);
  http::Client client(loop, net::Address::unixSocket(std::move(socket)));
  http::Request request;
  request.head.method = std::move(method);
  request.head.target = std::move(path);
  request.head.fields.set("Host", "edge");
  if (!body.empty()) request.head.fields.set("Content-Type", "application/json");
  request.body = std::move(body);
  ORBIT_CO_TRY(auto answer, co_await client.send(std::move(request), limited));
  EdgeAnswer given;
  given.status = answer->head().status;
  ORBIT_CO_TRY(given.body, co_await answer->readAll(kAnswerBytesMax, limited));
  co_return given;
}

Task<DnsAnswer> resolveOn(net::Loop& loop, std::string host) {
  DnsAnswer answer;
  const std::function<void()> work = [&answer, &host] { answer = lookUp(host); };
  co_await loop.offload(work);
  co_return answer;
}

// Not of bridges and virtual cables between containers, which the world cannot reach.
bool isOutward(const ifaddrs& one) {
  const std::string_view name = one.ifa_name;
  const bool up = (one.ifa_flags & IFF_UP) != 0 && (one.ifa_flags & IFF_LOOPBACK) == 0;
  return up && one.ifa_addr != nullptr && !startsWith(name, "docker") && !startsWith(name, "br-") &&
         !startsWith(name, "veth") && !startsWith(name, "virbr") && !startsWith(name, "orb");
}

std::vector<std::string> outwardAddresses() {
  std::vector<std::string> all;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return all;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (!isOutward(*one)) continue;
    char text[INET6_ADDRSTRLEN] = {};
    if (one->ifa_addr->sa_family == AF_INET) {
      ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text, sizeof text);
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const auto& v6 = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr)->sin6_addr;
      if (IN6_IS_ADDR_LINKLOCAL(&v6)) continue;
      ::inet_ntop(AF_INET6, &v6, text, sizeof text);
    }
    if (text[0] != '\0') all.emplace_back(text);
  }
  ::freeifaddrs(list);
  return all;
}

std::set<VirtualAddress> lonelyAddresses() {
  std::set<VirtualAddress> all;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return all;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_netmask == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    if (reinterpret_cast<const sockaddr_in*>(one->ifa_netmask)->sin_addr.s_addr != INADDR_BROADCAST) continue;
    char text[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(one->ifa_addr)->sin_addr, text, sizeof text);
    all.insert({text, one->ifa_name});
  }
  ::freeifaddrs(list);
  return all;
}

// Its socket belongs to whom it runs as.
bool ownedByRoot(const std::string& socket) {
  struct stat about {};
  return ::stat(socket.c_str(), &about) == 0 && about.st_uid == 0;
}

}  // namespace

Peers realPeers(net::Loop& loop, std::string holdSocket, std::string edgeSocket) {
  Peers peers;
  peers.speaksHttp = [&loop](std::string address, int port, Wait wait) {
    return speaksHttp(loop, std::move(address), port, wait);
  };
  peers.hold = [&loop, holdSocket](std::string command, Wait wait) {
    return tellHold(loop, holdSocket, std::move(command), wait);
  };
  peers.edge = [&loop, edgeSocket](std::string method, std::string path, std::string body, Wait wait) {
    return callEdge(loop, edgeSocket, std::move(method), std::move(path), std::move(body), wait);
  };
  peers.resolve = [&loop](std::string host, Wait) { return resolveOn(loop, std::move(host)); };
  peers.publicAddresses = outwardAddresses;
  peers.virtualAddresses = lonelyAddresses;
  peers.holdIsRoot = [holdSocket] { return ownedByRoot(holdSocket); };
  return peers;
}

}  // namespace orbit::traffic

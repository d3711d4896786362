#include "cert/dns_client.h"

#include <algorithm>
#include <charconv>

#include "cert/core/crypto.h"
#include "cert/core/limits.h"
#include "cert/files.h"

namespace orbit::cert {
namespace {

constexpr int kAliasesMax = 8;
constexpr int kPortMax = 65'535;
constexpr int kServersMax = 3;  // resolv.conf(5)
constexpr std::size_t kResolvConfBytesMax = 64 * 1024;

net::Task<Status> readExactly(net::Stream& stream, std::string& into, std::size_t size, net::Wait wait) {
  into.resize(size);
  for (std::size_t done = 0; done < size;) {
    const std::span<char> rest(into.data() + done, size - done);
    const auto count = co_await stream.read(rest, wait);
    if (!count.ok()) co_return count.error();
    if (*count == 0) co_return Error{Code::kUnavailable, "the name server closed the connection"};
    done += *count;
  }
  co_return Status{};
}

std::uint16_t newId() {
  const std::string bytes = randomBytes(2);
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]));
}

}  // namespace

std::string DnsServer::text() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return name + ":" + std::to_string(port);
}

Result<DnsServer> parseDnsServer(const std::string& text) {
  const Error wrong{Code::kInvalid, "\"" + text + "\" is no name server", "write HOST or HOST:PORT"};
  DnsServer server;
  std::string_view rest = text;
  if (startsWith(rest, "[")) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return wrong;
    server.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  } else {
    const bool six = std::count(rest.begin(), rest.end(), ':') > 1;
    const std::size_t colon = six ? std::string_view::npos : rest.find(':');
    server.host = rest.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : rest.substr(colon);
  }
  if (server.host.empty()) return wrong;
  if (rest.empty()) return server;
  const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), server.port);
  const bool good = rest.front() == ':' && error == std::errc() && end == rest.data() + rest.size();
  if (!good || server.port < 1 || server.port > kPortMax) return wrong;
  return server;
}

std::vector<DnsServer> systemNameServers() {
  std::vector<DnsServer> servers;
  const auto text = readFile("/etc/resolv.conf", kResolvConfBytesMax);
  if (!text.ok()) return servers;
  for (const std::string_view line : split(*text, '\n')) {
    if (!startsWith(line, "nameserver") || servers.size() >= kServersMax) continue;
    const std::string_view host = trim(line.substr(std::string_view("nameserver").size()));
    if (!host.empty()) servers.push_back({std::string(host)});
  }
  return servers;
}

net::Task<Result<std::string>> askDns(net::Loop& loop, DnsServer server, std::string message, net::Wait wait) {
  const net::Wait bounded = wait.until(loop.clock().now() + kDnsTime);
  net::Address address = net::Address::tcp(server.host, server.port);
  auto stream = co_await net::connect(loop, std::move(address), bounded);
  if (!stream.ok()) co_return Error(stream.error()).within("the name server " + server.text());
  std::string framed;
  framed += static_cast<char>(message.size() >> 8 & 0xff);
  framed += static_cast<char>(message.size() & 0xff);
  framed += message;
  Status done = co_await (*stream)->write(framed, bounded);
  std::string answer;
  if (done.ok()) done = co_await readExactly(**stream, answer, 2, bounded);
  if (done.ok()) {
    const std::size_t size =
        static_cast<std::size_t>(static_cast<unsigned char>(answer[0])) << 8 | static_cast<unsigned char>(answer[1]);
    done = co_await readExactly(**stream, answer, size, bounded);
  }
  if (!done.ok()) co_return Error(done.error()).within("the name server " + server.text());
  if (answer.size() < 2 || answer.compare(0, 2, message, 0, 2) != 0) {
    co_return Error{Code::kProtocol, "the name server " + server.text() + " answered another question"};
  }
  co_return answer;
}

net::Task<Result<DnsMessage>> lookUp(net::Loop& loop, DnsServer server, std::string name, DnsType type, bool recursion,
                                     net::Wait wait) {
  ORBIT_CO_TRY(std::string question, writeDns(dnsQuestion(newId(), name, type, recursion)));
  auto answer = co_await askDns(loop, server, std::move(question), wait);
  if (!answer.ok()) co_return std::move(answer).error();
  co_return readDns(*answer);
}

net::Task<Result<DnsPlace>> findZone(net::Loop& loop, DnsServer server, std::string name, bool recursion,
                                     net::Wait wait) {
  name = lower(name);
  for (int aliases = 0; aliases < kAliasesMax; ++aliases) {
    auto answer = co_await lookUp(loop, server, name, DnsType::kSoa, recursion, wait);
    if (!answer.ok()) co_return std::move(answer).error();
    bool aliased = false;
    for (const DnsRecord& record : answer->answers) {
      if (record.is(DnsType::kSoa) && record.name == name) co_return DnsPlace{name, name};
      if (!record.is(DnsType::kCname) || record.name != name) continue;
      name = record.target;
      aliased = true;
    }
    // One that knows both ends answers for the target at once.
    for (const auto* part : {&answer->answers, &answer->authority}) {
      for (const DnsRecord& record : *part) {
        if (!record.is(DnsType::kSoa)) continue;
        if (name == record.name || endsWith(name, "." + record.name)) co_return DnsPlace{record.name, name};
      }
    }
    if (aliased) continue;
    co_return Error{Code::kNotFound,
                    "the name server " + server.text() + " has no zone for " + name + " (" +
                        std::string(dnsCodeName(answer->code())) + ")",
                    "give the one that keeps this zone"};
  }
  co_return Error{Code::kInvalid, "too many aliases lead on from " + name};
}

}  // namespace orbit::cert

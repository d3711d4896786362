#include "traffic/domain_report.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/base.h"
#include "format/json.h"
#include "traffic/listeners.h"

namespace orbit::traffic {
namespace {

using format::Json;

constexpr int kHttpPort = 80, kHttpsPort = 443;

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool isV6(const std::string& address) {
  return address.find(':') != std::string::npos;
}

// The name by which CAA records call an authority; "" when we do not know it.
std::string issuerOf(const std::string& directory) {
  constexpr std::pair<std::string_view, std::string_view> kKnown[] = {{"letsencrypt.org", "letsencrypt.org"},
                                                                      {"zerossl.com", "sectigo.com"},
                                                                      {"pki.goog", "pki.goog"},
                                                                      {"buypass.com", "buypass.com"},
                                                                      {"ssl.com", "ssl.com"}};
  for (const auto& [part, issuer] : kKnown) {
    if (directory.find(part) != std::string::npos) return std::string(issuer);
  }
  return {};
}

// RFC 8659 4.2, 4.3: issuewild rules for wildcards where there is one; without an issue record anybody may.
void judgeCaa(DomainReport& report, const DnsAnswer& answer, const model::TableAuthority& authority) {
  const bool wildcard = startsWith(report.domain.host, "*.");
  std::vector<std::string> issue, issueWild;
  for (const auto& record : answer.caa) {
    const auto space = record.find(' ');
    const std::string tag = record.substr(0, space);
    const std::string value(trim(split(record.substr(space + 1), ';').front()));
    if (tag == "issue") issue.push_back(lower(value));
    if (tag == "issuewild") issueWild.push_back(lower(value));
  }
  const auto& rules = wildcard && !issueWild.empty() ? issueWild : issue;
  if (rules.empty()) return;
  const std::string issuer = issuerOf(authority.directory);
  const bool nobody = std::all_of(rules.begin(), rules.end(), [](const auto& rule) { return rule.empty(); });
  if (!nobody && (issuer.empty() || contains(rules, issuer))) return;
  report.problems.push_back(fmt::format("the CAA records do not let {} sign for this domain; add: CAA 0 {} \"{}\"",
                                        issuer.empty() ? authority.directory : issuer,
                                        wildcard && !issueWild.empty() ? "issuewild" : "issue",
                                        issuer.empty() ? "<the authority's name>" : issuer));
}

void judgeAddresses(DomainReport& report, const DnsAnswer& answer, const Surroundings& here) {
  std::vector<std::string> v4;
  for (const auto& address : here.addresses) {
    if (!isPublic(address)) continue;
    if (!isV6(address)) v4.push_back(address);
    report.records.push_back((isV6(address) ? "AAAA " : "A ") + address);
  }
  const std::string set = report.records.empty() ? "the A record is to be the public address of this machine's router"
                                                 : "set " + join(report.records, ", ");
  if (answer.a.empty() && answer.aaaa.empty()) {
    if (answer.problem.empty()) report.problems.push_back("no A or AAAA record has arrived yet; " + set);
    return;
  }
  for (const auto& address : answer.a) {
    // Behind a router the public address cannot be known from here.
    if (contains(here.addresses, address) || v4.empty()) continue;
    report.problems.push_back(fmt::format("the A record {} is not this machine; {}", address, set));
  }
  for (const auto& address : answer.aaaa) {
    if (contains(here.addresses, address)) continue;
    report.problems.push_back(fmt::format(
        "the AAAA record {} is not this machine, so visitors with IPv6 (and the authority) do not arrive: {}", address,
        std::any_of(here.addresses.begin(), here.addresses.end(),
                    [](const auto& one) { return isV6(one) && isPublic(one); })
            ? set
            : "remove it, this machine has no public IPv6 address"));
  }
}

void judgePorts(DomainReport& report, const Surroundings& here) {
  const PortPair ports = portsOf(here.listeners);
  if (here.listeners.empty() || (ports.http == kHttpPort && ports.https == kHttpsPort)) return;
  report.problems.push_back(fmt::format(
      "the edge listens on {} and {}, because 80 and 443 cannot be had here; free them (or let Orbit run as root), or "
      "forward them",
      ports.http, ports.https));
}

}  // namespace

bool isPublic(const std::string& address) {
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    const std::uint32_t n = ntohl(v4.s_addr);
    const auto in = [n](std::uint32_t network, int bits) { return (n >> (32 - bits)) == (network >> (32 - bits)); };
    // RFC 6890.
    return !in(0x0a000000, 8) && !in(0xac100000, 12) && !in(0xc0a80000, 16) && !in(0x64400000, 10) &&
           !in(0x7f000000, 8) && !in(0xa9fe0000, 16) && !in(0xc0000200, 24) && !in(0xc6336400, 24) &&
           !in(0xcb007100, 24) && !in(0x00000000, 8) && n < 0xe0000000;
  }
  in6_addr v6{};
  if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) return false;
  // Global unicast (RFC 4291 2.4) but for documentation.
  const bool documentation =
      v6.s6_addr[0] == 0x20 && v6.s6_addr[1] == 0x01 && v6.s6_addr[2] == 0x0d && v6.s6_addr[3] == 0xb8;
  return (v6.s6_addr[0] & 0xe0) == 0x20 && !documentation;
}

DomainReport judge(const model::Domain& domain, const DnsAnswer& answer, const Surroundings& here) {
  DomainReport report;
  report.domain = domain;
  for (const auto& name : answer.cname) report.found.push_back("CNAME " + name);
  for (const auto& address : answer.a) report.found.push_back("A " + address);
  for (const auto& address : answer.aaaa) report.found.push_back("AAAA " + address);
  for (const auto& record : answer.caa) report.found.push_back("CAA " + record);
  if (!answer.problem.empty()) report.problems.push_back(answer.problem);
  judgeAddresses(report, answer, here);
  judgeCaa(report, answer, here.authority);
  judgePorts(report, here);
  return report;
}

void addCertificates(std::vector<DomainReport>& reports, const std::string& status) {
  const auto parsed = format::parseJson(status, "the edge's status");
  if (!parsed.ok()) return;
  for (const auto& certificate : (*parsed)["certificates"].items()) {
    const auto hosts = certificate["hosts"].asStrings();
    for (auto& report : reports) {
      if (!contains(hosts, report.domain.host)) continue;
      report.certificate = certificate["state"].asString();
      report.notAfterUs = certificate["notAfterUs"].asInt();
      report.nextTryUs = certificate["nextTryUs"].asInt();
      report.certificateProblem = certificate["problem"].asString();
    }
  }
}

}  // namespace orbit::traffic

#include <fmt/format.h>

#include <unordered_map>

#include "base/text.h"
#include "table/check.h"
#include "table/words_check.h"

namespace orbit::table {
namespace {

using Protocol = model::TableListener::Protocol;

std::string unknownService(const model::RouteTable& table, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& service : table.services) names.push_back(service.name);
  const auto near = nearest(name, names);
  return near.empty() ? "add it under services" : fmt::format("did you mean {}?", near);
}

void checkListenerService(const model::RouteTable& table, const model::TableListener& listener, const Path& path,
                          Problems& problems) {
  const bool tcp = listener.protocol == Protocol::kTcp;
  if (listener.service.empty()) {
    if (tcp) problems.push_back({path.trail(), "is tcp and names no service", "add `service: NAME`"});
    return;
  }
  const auto service = std::find_if(table.services.begin(), table.services.end(),
                                    [&](const auto& each) { return each.name == listener.service; });
  const Path here = path / "service";
  if (service == table.services.end()) {
    problems.push_back({here.trail(), fmt::format("\"{}\" is no service of this table", listener.service),
                        unknownService(table, listener.service)});
  } else if (tcp != (service->protocol == model::TableService::Protocol::kTcp)) {
    problems.push_back({here.trail(),
                        fmt::format("\"{}\" speaks {} and this listener {}", listener.service, tcp ? "http" : "tcp",
                                    tcp ? "tcp" : "http"),
                        "give both the same protocol"});
  }
}

void checkAuthority(const model::TableAuthority& authority, const Path& path, Problems& problems) {
  if (auto fault = nameFault(authority.name); !fault.empty()) {
    problems.push_back({(path / "name").trail(), fmt::format("\"{}\" {}", authority.name, fault), ""});
  } else if (authority.name == "local" || authority.name == "file") {
    problems.push_back({(path / "name").trail(), fmt::format("\"{}\" has a meaning of its own", authority.name),
                        "choose another name"});
  }
  if (!startsWith(authority.directory, "https://")) {
    problems.push_back({(path / "directory").trail(), fmt::format("\"{}\" is no https URL", authority.directory),
                        "write the directory of the ACME server, like https://acme-v02.api.letsencrypt.org/directory"});
  }
  const bool dns = authority.challenge == model::TableAuthority::Challenge::kDns01;
  const bool update = !authority.dnsServer.empty();
  const bool hook = !authority.dnsHook.empty();
  if (dns && update == hook) {
    problems.push_back({(path / "challenge").trail(), "dns-01 needs one way to set records",
                        "give dnsServer with tsigName and tsigSecretFile (RFC 2136), or dnsHook with a command"});
  }
  if (!dns && (update || hook)) {
    problems.push_back({(path / (update ? "dnsServer" : "dnsHook")).trail(), "is only for dns-01",
                        "write `challenge: dns-01`, or leave it out"});
  }
  if (update && authority.tsigName.empty() != authority.tsigSecretFile.empty()) {
    problems.push_back({path.trail(), "has only one of tsigName and tsigSecretFile", "give both"});
  }
}

bool hasAuthority(const model::RouteTable& table, std::string_view name) {
  return name == "local" || std::any_of(table.authorities.begin(), table.authorities.end(),
                                        [&](const auto& each) { return each.name == name; });
}

void checkCertificate(const model::RouteTable& table, const model::TableCertificate& row, const Path& path,
                      Problems& problems) {
  const bool files = !row.certificateFile.empty() || !row.keyFile.empty();
  if (row.certificateFile.empty() != row.keyFile.empty()) {
    problems.push_back({path.trail(), "has only one of certificateFile and keyFile", "give both"});
  }
  if (files != row.authority.empty()) {
    problems.push_back({path.trail(),
                        files ? "has files and an authority" : "says not where the certificate comes from",
                        "give certificateFile and keyFile, or `authority: NAME`, or `authority: local`"});
  }
  if (!row.authority.empty() && !hasAuthority(table, row.authority)) {
    std::vector<std::string_view> names{"local"};
    for (const auto& each : table.authorities) names.push_back(each.name);
    const auto near = nearest(row.authority, names);
    problems.push_back({(path / "authority").trail(),
                        fmt::format("\"{}\" is no authority of this table", row.authority),
                        near.empty() ? "add it under authorities" : fmt::format("did you mean {}?", near)});
  }
  if (row.hosts.empty()) problems.push_back({path.trail(), "has no hosts", "write `hosts: [example.com]`"});
  for (const auto& authority : table.authorities) {
    if (authority.name != row.authority || authority.challenge == model::TableAuthority::Challenge::kDns01) continue;
    for (const auto& host : row.hosts) {
      if (!startsWith(host, "*.")) continue;
      problems.push_back({(path / "hosts").trail(),
                          fmt::format("\"{}\" is a wildcard, which only dns-01 can prove", host),
                          fmt::format("give the authority {} `challenge: dns-01`", authority.name)});
    }
  }
}

}  // namespace

void checkListeners(const model::RouteTable& table, Problems& problems) {
  const Path root, list = root / "listeners";
  std::unordered_map<std::string_view, std::size_t> names, addresses;
  for (std::size_t i = 0; i < table.listeners.size(); ++i) {
    const auto& listener = table.listeners[i];
    const Path here = list[i];
    if (auto fault = nameFault(listener.name); !fault.empty()) {
      problems.push_back({here.trail(), "has neither a name nor an address", "write `address: 0.0.0.0:443`"});
    } else if (const auto [at, fresh] = names.emplace(listener.name, i); !fresh) {
      problems.push_back({(here / "name").trail(), fmt::format("\"{}\" names two listeners", listener.name),
                          "give each its own", list[at->second].trail()});
    } else if (const auto [same, first] = addresses.emplace(listener.address, i);
               !first && !listener.address.empty() && !endsWith(listener.address, ":0")) {
      problems.push_back({(here / "address").trail(), fmt::format("\"{}\" is taken twice", listener.address),
                          "remove one of the two listeners", list[same->second].trail()});
    }
    if (!listener.address.empty()) {
      if (auto fault = addressFault(listener.address, false); !fault.empty()) {
        problems.push_back({(here / "address").trail(), fmt::format("\"{}\" {}", listener.address, fault),
                            "write it like 0.0.0.0:443 or [::]:443"});
      }
    }
    if (listener.redirectToHttps && listener.protocol != Protocol::kHttp) {
      problems.push_back({(here / "redirectToHttps").trail(), "is only for http listeners", "leave it out"});
    }
    checkListenerService(table, listener, here, problems);
  }
  const Path proxies = root / "trustedProxies";
  for (std::size_t i = 0; i < table.trustedProxies.size(); ++i) {
    if (auto fault = rangeFault(table.trustedProxies[i]); !fault.empty()) {
      problems.push_back({proxies[i].trail(), fmt::format("\"{}\" {}", table.trustedProxies[i], fault),
                          "write it like 10.0.0.0/8 or 192.0.2.1"});
    }
  }
}

void checkCertificates(const model::RouteTable& table, Problems& problems) {
  const Path root, authorities = root / "authorities", certificates = root / "certificates";
  std::unordered_map<std::string_view, std::size_t> names, hosts;
  for (std::size_t i = 0; i < table.authorities.size(); ++i) {
    checkAuthority(table.authorities[i], authorities[i], problems);
    if (const auto [at, fresh] = names.emplace(table.authorities[i].name, i); !fresh) {
      problems.push_back({(authorities[i] / "name").trail(),
                          fmt::format("\"{}\" names two authorities", table.authorities[i].name), "give each its own",
                          authorities[at->second].trail()});
    }
  }
  for (std::size_t i = 0; i < table.certificates.size(); ++i) {
    const Path here = certificates[i], list = here / "hosts";
    checkCertificate(table, table.certificates[i], here, problems);
    for (std::size_t j = 0; j < table.certificates[i].hosts.size(); ++j) {
      const auto& host = table.certificates[i].hosts[j];
      if (auto fault = hostFault(host, true); !fault.empty()) {
        problems.push_back({list[j].trail(), fmt::format("\"{}\" {}", host, fault), ""});
      } else if (const auto [at, fresh] = hosts.emplace(host, i); !fresh) {
        problems.push_back({list[j].trail(), fmt::format("\"{}\" is on two certificates", host),
                            "leave it on one of them", certificates[at->second].trail()});
      }
    }
  }
}

}  // namespace orbit::table

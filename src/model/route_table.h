// What an edge serves: listeners, certificates, services with their releases and instances, routes. The whole world at
// once, immutable once applied; docs/edge-table.md is its text form. Thread rules: plain values.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace orbit::model {

using Millis = std::chrono::milliseconds;

struct TableListener {
  enum class Protocol { kHttp, kHttps, kTcp };
  std::string name;     // "http": hold's name for the socket, or one to bind by `address` when run alone
  std::string address;  // "0.0.0.0:443", "[::]:443"
  Protocol protocol = Protocol::kHttp;
  std::string service;  // kTcp: where to; kHttp: all requests go there, whatever their host (a virtual address)
  bool redirectToHttps = false;
  bool operator==(const TableListener&) const = default;
};

struct TableCertificate {
  std::vector<std::string> hosts;
  std::string certificateFile, keyFile;  // PEM; both empty: by `authority`
  std::string authority;                 // a name from `authorities`, or "local"
  bool operator==(const TableCertificate&) const = default;
};

// An ACME server to have certificates from (RFC 8555), and how to prove control.
struct TableAuthority {
  std::string name;
  std::string directory;  // https URL
  std::string email;
  std::string caFile;  // to trust that server by, when it is not a public one
  enum class Challenge { kHttp01, kTlsAlpn01, kDns01 } challenge = Challenge::kHttp01;
  // kDns01: either dynamic update (RFC 2136, TSIG) or a command run as COMMAND add|remove NAME VALUE.
  std::string dnsServer, tsigName, tsigAlgorithm, tsigSecretFile;
  std::vector<std::string> dnsHook;
  bool operator==(const TableAuthority&) const = default;
};

struct TableInstance {
  std::string id;
  std::string address;  // "10.0.0.2:8000", "[fd00::2]:80", "unix:/path"
  bool operator==(const TableInstance&) const = default;
};

struct TableRelease {
  std::string id;
  unsigned weight = 100;  // of the service's sum; 0: only by stickiness to it, shielding, or as the last resort
  bool watched = false;   // its failed GETs and HEADs are answered by another release of the service
  bool draining = false;  // no new visitor; the present ones finish
  std::vector<TableInstance> instances;
  std::string pin = {};  // a secret: a browser that brings it stays here, whatever the weights. "": none
  bool operator==(const TableRelease&) const = default;
};

struct TableHealthCheck {
  std::string path;  // "" : TCP connect
  std::string host;
  Millis interval{2000}, timeout{2000};
  unsigned rise = 2, fall = 3;
  unsigned statusMin = 200, statusMax = 399;
  bool operator==(const TableHealthCheck&) const = default;
};

struct TableService {
  enum class Protocol { kHttp, kTcp };
  std::string name;
  Protocol protocol = Protocol::kHttp;
  std::vector<TableRelease> releases;
  std::vector<TableHealthCheck> health;  // none or one
  unsigned passiveFall = 5;              // failures in a row that take an instance out for passiveRest; 0: never
  Millis passiveRest{5000};
  Millis slowStart{0};
  std::string stickyCookie;  // "" : sticky only between releases, when there are several
  bool stickyInstance = false;
  unsigned connectionsMax = 1024;  // to one instance, from one worker; more requests wait their turn
  unsigned waitingMax = 1024;
  Millis connectTimeout{2000}, headTimeout{60'000}, idleTimeout{60'000}, queueTimeout{5000};
  unsigned retriesMax = 1;
  unsigned retryBudgetPercent = 10;  // of the requests of the last ten seconds, and at least three a second
  Millis upgradeGrace{30'000};       // WebSockets of a draining release, before 1001
  // Paused: requests and connections wait, at most this long and this many, but for these paths.
  bool paused = false;
  Millis pauseTimeout{30'000};
  unsigned pausedMax = 4096;
  std::vector<std::string> pausePassPaths;
  bool operator==(const TableService&) const = default;
};

struct TableHeaderEdit {
  enum class Kind { kSet, kAdd, kRemove } kind = Kind::kSet;
  std::string name, value;
  bool operator==(const TableHeaderEdit&) const = default;
};

struct TableHeaderMatch {
  std::string name;
  enum class Kind { kPresent, kEquals, kPrefix, kRegex } kind = Kind::kPresent;  // kRegex: RE2, whole value
  std::string value;
  bool operator==(const TableHeaderMatch&) const = default;
};

struct TableCors {
  std::vector<std::string> origins;  // "https://app.example.com", "https://*.example.com", "*"
  std::vector<std::string> methods, headers, expose;
  bool credentials = false;
  std::chrono::seconds maxAge{600};
  bool operator==(const TableCors&) const = default;
};

struct TableErrorPage {
  std::vector<int> statuses;  // 502, 503, 504 …; of answers the edge makes, and of upstream ones when `replaceUpstream`
  std::string contentType = "text/html; charset=utf-8";
  std::string body;
  bool replaceUpstream = false;
  bool operator==(const TableErrorPage&) const = default;
};

struct TableRoute {
  std::string id;          // unique; names the route in signals
  std::string host;        // "", "example.com", "*.example.com"
  std::string path = "/";  // prefix by whole segments; "=/x": exactly
  std::vector<std::string> methods;
  std::vector<TableHeaderMatch> headers;
  // Exactly one of the three.
  std::string service;
  struct Redirect {
    std::string to;  // absolute or a path; "$host", "$path", "$query" and "$1".. of `rewriteFrom` are filled in
    int status = 308;
    bool operator==(const Redirect&) const = default;
  };
  std::vector<Redirect> redirect;
  struct Respond {
    int status = 200;
    std::string contentType = "text/plain; charset=utf-8";
    std::string body;
    bool operator==(const Respond&) const = default;
  };
  std::vector<Respond> respond;

  std::string stripPrefix, addPrefix;
  std::string rewriteFrom, rewriteTo;  // RE2 on the path, whole; \1 in the replacement
  std::string upstreamHost;            // "" : as the client wrote it
  std::vector<TableHeaderEdit> requestHeaders, responseHeaders;
  std::vector<TableCors> cors;  // none or one
  std::vector<TableErrorPage> errorPages;
  std::vector<TableErrorPage> maintenance;  // none or one: answered instead of the service
  bool redirectToHttps = false;
  std::uint64_t hstsSeconds = 0;
  bool hstsSubdomains = false, hstsPreload = false;
  std::uint64_t bodyBytesMax = 0;  // 0: no limit
  Millis objective{0};             // latency counted exactly; 0: none
  bool vitals = false;             // its pages report what their visitors felt (Core Web Vitals)
  bool operator==(const TableRoute&) const = default;
};

struct RouteTable {
  int version = 1;
  std::vector<std::string> trustedProxies;
  std::string probeKey;  // who asks with it from this machine is Orbit itself, and counts in no rate; "": nobody
  std::vector<TableListener> listeners;
  std::vector<TableAuthority> authorities;
  std::vector<TableCertificate> certificates;
  std::vector<TableService> services;
  std::vector<TableRoute> routes;
  struct Log {
    std::string file;  // "" : none
    bool json = true;  // else the mission's line: "METHOD path status=… duration=…s"
    bool operator==(const Log&) const = default;
  } log;
  struct Limits {
    unsigned headBytesMax = 64 * 1024;
    unsigned fieldsMax = 128;
    Millis headTimeout{15'000}, keepAlive{75'000}, bodyIdle{60'000}, handshake{10'000};
    unsigned clientsMax = 100'000;
    bool operator==(const Limits&) const = default;
  } limits;
  bool operator==(const RouteTable&) const = default;
};

}  // namespace orbit::model

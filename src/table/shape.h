// The keys of a table's text, each with its member, unit and range: the one description by which tables are read,
// written and checked for ranges. docs/edge-table.md tells the same to people. Private to table. Thread rules: none.
#pragma once
#include <chrono>
#include <cstdint>

#include "model/route_table.h"
#include "table/words.h"

namespace orbit::table {

inline constexpr std::uint64_t kCountMax = 1'000'000;
inline constexpr std::uint64_t kBytesMax = 1ull << 50;
inline constexpr std::chrono::hours kTimeMax{24 * 365 * 10};
inline constexpr std::chrono::milliseconds kTick{1};

template <class T>
struct Shape;

template <>
struct Shape<model::TableListener> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableListener;
    v.text("name", &T::name);
    v.text("address", &T::address);
    v.word("protocol", &T::protocol, kListenerProtocols);
    v.text("service", &T::service);
    v.flag("redirectToHttps", &T::redirectToHttps);
  }
};

template <>
struct Shape<model::TableAuthority> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableAuthority;
    v.text("name", &T::name);
    v.text("directory", &T::directory);
    v.text("email", &T::email);
    v.text("caFile", &T::caFile);
    v.word("challenge", &T::challenge, kChallenges);
    v.text("dnsServer", &T::dnsServer);
    v.text("tsigName", &T::tsigName);
    v.text("tsigAlgorithm", &T::tsigAlgorithm);
    v.text("tsigSecretFile", &T::tsigSecretFile);
    v.texts("dnsHook", &T::dnsHook);
  }
};

template <>
struct Shape<model::TableCertificate> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableCertificate;
    v.texts("hosts", &T::hosts);
    v.text("certificateFile", &T::certificateFile);
    v.text("keyFile", &T::keyFile);
    v.text("authority", &T::authority);
  }
};

template <>
struct Shape<model::TableInstance> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableInstance;
    v.text("id", &T::id);
    v.text("address", &T::address);
  }
};

template <>
struct Shape<model::TableRelease> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableRelease;
    v.text("id", &T::id);
    v.number("weight", &T::weight, 0, kCountMax);
    v.flag("watched", &T::watched);
    v.flag("draining", &T::draining);
    v.list("instances", &T::instances);
    v.text("pin", &T::pin);
  }
};

template <>
struct Shape<model::TableHealthCheck> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableHealthCheck;
    v.text("path", &T::path);
    v.text("host", &T::host);
    v.duration("interval", &T::interval, 100 * kTick, kTimeMax);
    v.duration("timeout", &T::timeout, 10 * kTick, kTimeMax);
    v.number("rise", &T::rise, 1, 1000);
    v.number("fall", &T::fall, 1, 1000);
    v.number("statusMin", &T::statusMin, 100, 599);
    v.number("statusMax", &T::statusMax, 100, 599);
  }
};

template <>
struct Shape<model::TableService> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableService;
    v.text("name", &T::name);
    v.word("protocol", &T::protocol, kServiceProtocols);
    v.list("releases", &T::releases);
    v.one("health", &T::health);
    v.number("passiveFall", &T::passiveFall, 0, kCountMax);
    v.duration("passiveRest", &T::passiveRest, kTick, kTimeMax);
    v.duration("slowStart", &T::slowStart, 0 * kTick, kTimeMax);
    v.text("stickyCookie", &T::stickyCookie);
    v.flag("stickyInstance", &T::stickyInstance);
    v.number("connectionsMax", &T::connectionsMax, 1, kCountMax);
    v.number("waitingMax", &T::waitingMax, 0, kCountMax);
    v.duration("connectTimeout", &T::connectTimeout, kTick, kTimeMax);
    v.duration("headTimeout", &T::headTimeout, kTick, kTimeMax);
    v.duration("idleTimeout", &T::idleTimeout, kTick, kTimeMax);
    v.duration("queueTimeout", &T::queueTimeout, kTick, kTimeMax);
    v.number("retriesMax", &T::retriesMax, 0, 10);
    v.number("retryBudgetPercent", &T::retryBudgetPercent, 0, 100);
    v.duration("upgradeGrace", &T::upgradeGrace, 0 * kTick, kTimeMax);
    v.flag("paused", &T::paused);
    v.duration("pauseTimeout", &T::pauseTimeout, kTick, kTimeMax);
    v.number("pausedMax", &T::pausedMax, 0, kCountMax);
    v.texts("pausePassPaths", &T::pausePassPaths);
  }
};

template <>
struct Shape<model::TableHeaderEdit> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableHeaderEdit;
    v.tagged(&T::kind, &T::name, kHeaderEdits);
    v.text("value", &T::value);
  }
};

template <>
struct Shape<model::TableHeaderMatch> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableHeaderMatch;
    v.text("name", &T::name);
    v.tagged(&T::kind, &T::value, kHeaderMatches);
  }
};

template <>
struct Shape<model::TableCors> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableCors;
    v.texts("origins", &T::origins);
    v.texts("methods", &T::methods);
    v.texts("headers", &T::headers);
    v.texts("expose", &T::expose);
    v.flag("credentials", &T::credentials);
    v.duration("maxAge", &T::maxAge, 0 * kTick, kTimeMax);
  }
};

template <>
struct Shape<model::TableErrorPage> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableErrorPage;
    v.numbers("statuses", &T::statuses, 400, 599);
    v.text("contentType", &T::contentType);
    v.text("body", &T::body);
    v.flag("replaceUpstream", &T::replaceUpstream);
  }
};

template <>
struct Shape<model::TableRoute::Redirect> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableRoute::Redirect;
    v.text("to", &T::to);
    v.number("status", &T::status, 301, 308);
  }
};

template <>
struct Shape<model::TableRoute::Respond> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableRoute::Respond;
    v.number("status", &T::status, 200, 599);
    v.text("contentType", &T::contentType);
    v.text("body", &T::body);
  }
};

template <>
struct Shape<model::TableRoute> {
  template <class V>
  static void describe(V& v) {
    using T = model::TableRoute;
    v.text("id", &T::id);
    v.text("host", &T::host);
    v.text("path", &T::path);
    v.texts("methods", &T::methods);
    v.list("headers", &T::headers);
    v.text("service", &T::service);
    v.one("redirect", &T::redirect);
    v.one("respond", &T::respond);
    v.text("stripPrefix", &T::stripPrefix);
    v.text("addPrefix", &T::addPrefix);
    v.text("rewriteFrom", &T::rewriteFrom);
    v.text("rewriteTo", &T::rewriteTo);
    v.text("upstreamHost", &T::upstreamHost);
    v.list("requestHeaders", &T::requestHeaders);
    v.list("responseHeaders", &T::responseHeaders);
    v.one("cors", &T::cors);
    v.list("errorPages", &T::errorPages);
    v.one("maintenance", &T::maintenance);
    v.flag("redirectToHttps", &T::redirectToHttps);
    v.seconds("hsts", &T::hstsSeconds, kTimeMax);
    v.flag("hstsSubdomains", &T::hstsSubdomains);
    v.flag("hstsPreload", &T::hstsPreload);
    v.bytes("bodyMax", &T::bodyBytesMax, 0, kBytesMax);
    v.duration("objective", &T::objective, 0 * kTick, kTimeMax);
    v.flag("vitals", &T::vitals);
  }
};

template <>
struct Shape<model::RouteTable::Log> {
  template <class V>
  static void describe(V& v) {
    using T = model::RouteTable::Log;
    v.text("file", &T::file);
    v.flag("json", &T::json);
  }
};

template <>
struct Shape<model::RouteTable::Limits> {
  template <class V>
  static void describe(V& v) {
    using T = model::RouteTable::Limits;
    v.bytes("headMax", &T::headBytesMax, 1024, 1024 * 1024);
    v.number("fieldsMax", &T::fieldsMax, 8, 1000);
    v.duration("headTimeout", &T::headTimeout, 100 * kTick, kTimeMax);
    v.duration("keepAlive", &T::keepAlive, 0 * kTick, kTimeMax);
    v.duration("bodyIdle", &T::bodyIdle, 100 * kTick, kTimeMax);
    v.duration("handshake", &T::handshake, 100 * kTick, kTimeMax);
    v.number("clientsMax", &T::clientsMax, 1, kCountMax);
  }
};

template <>
struct Shape<model::RouteTable> {
  template <class V>
  static void describe(V& v) {
    using T = model::RouteTable;
    v.number("version", &T::version, 1, 1);
    v.texts("trustedProxies", &T::trustedProxies);
    v.text("probeKey", &T::probeKey);
    v.list("listeners", &T::listeners);
    v.list("authorities", &T::authorities);
    v.list("certificates", &T::certificates);
    v.list("services", &T::services);
    v.list("routes", &T::routes);
    v.part("log", &T::log);
    v.part("limits", &T::limits);
  }
};

}  // namespace orbit::table

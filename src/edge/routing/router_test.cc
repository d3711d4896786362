#include "edge/routing/router.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/text.h"
#include "edge/routing/route.h"

namespace orbit::edge {
namespace {

http::RequestIndex requestOf(const std::string& method, const std::string& host, const std::string& path) {
  http::RequestIndex out;
  const auto outcome = http::parseRequestHead(method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n", {}, out);
  EXPECT_EQ(outcome.kind, http::ParseOutcome::Kind::kDone) << host << path;
  return out;
}

// The rules of the door, written down without an index: the group of hosts that serves, then the best route in it.
const model::TableRoute* slowMatch(const model::RouteTable& table, std::string_view method, std::string_view host,
                                   std::string_view path) {
  const auto hostRank = [&](const std::string& pattern) -> std::size_t {
    if (pattern.empty()) return 1;
    if (pattern == host) return 1000;
    return startsWith(pattern, "*.") && endsWith(host, pattern.substr(1)) ? pattern.size() : 0;
  };
  std::size_t served = 0;
  for (const auto& route : table.routes) served = std::max(served, hostRank(route.host));
  if (served == 0) return nullptr;
  const model::TableRoute* best = nullptr;
  std::tuple<std::size_t, bool, std::size_t> bestRank;
  for (const auto& route : table.routes) {
    const bool exact = startsWith(route.path, "=");
    const std::string prefix = exact ? route.path.substr(1) : route.path;
    const bool below = startsWith(path, endsWith(prefix, "/") ? prefix : prefix + "/");
    const bool methodTaken =
        route.methods.empty() || std::find(route.methods.begin(), route.methods.end(), method) != route.methods.end();
    if (hostRank(route.host) != served || !methodTaken || !(path == prefix || (!exact && below))) continue;
    const std::tuple rank(prefix.size(), exact, route.methods.size() > 0 ? std::size_t{1} : std::size_t{0});
    if (best != nullptr && rank <= bestRank) continue;
    best = &route;
    bestRank = rank;
  }
  return best;
}

TEST(Router, FindsWhatTheRulesSay) {
  Random random(7);
  const auto pick = [&](const std::vector<std::string>& from) { return from[random.below(from.size())]; };
  const std::vector<std::string> hosts = {"", "a.test", "b.a.test", "*.a.test", "*.b.a.test", "*.test", "c.test"};
  const std::vector<std::string> asked = {"a.test", "b.a.test", "x.b.a.test", "y.test", "c.test", "z.example"};
  const std::vector<std::string> parts = {"/a", "/b", "/ab", "/", "/a%2Fb"};
  const auto pathOf = [&] {
    std::string path;
    for (auto i = 1 + random.below(3); i > 0; --i) path += pick(parts);
    return path;
  };
  for (int round = 0; round < 300; ++round) {
    model::RouteTable table;
    for (auto i = random.below(20); i > 0; --i) {
      model::TableRoute route;
      route.host = pick(hosts);
      route.path = (random.below(4) == 0 ? "=" : "") + pathOf();
      if (random.below(3) == 0) route.methods = {"POST"};
      table.routes.push_back(std::move(route));
    }
    const auto router = Router::build(table);
    ASSERT_TRUE(router.ok());
    for (int i = 0; i < 30; ++i) {
      const std::string host = pick(asked), path = pathOf(), method = pick({"GET", "POST"});
      const CompiledRoute* found = (*router)->match(requestOf(method, host, path));
      const model::TableRoute* expected = slowMatch(table, method, host, path);
      ASSERT_EQ(found == nullptr ? nullptr : found->route, expected)
          << method << " " << host << path << " found " << (found == nullptr ? "nothing" : found->route->path)
          << " expected " << (expected == nullptr ? "nothing" : expected->host + expected->path);
    }
  }
}

TEST(Router, ServesTenThousandRoutesOfOneHost) {
  model::RouteTable table;
  for (int i = 0; i < 10'000; ++i) {
    model::TableRoute route;
    route.path = "/p" + std::to_string(i % 100) + "/q" + std::to_string(i / 100);
    table.routes.push_back(std::move(route));
  }
  const auto router = Router::build(table);
  ASSERT_TRUE(router.ok());
  EXPECT_EQ((*router)->size(), 10'000u);
  for (const std::uint32_t number : {0u, 17u, 4'242u, 9'999u}) {
    const auto* found = (*router)->match(requestOf("GET", "h", table.routes[number].path + "/more"));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->number, number);
  }
  EXPECT_EQ((*router)->match(requestOf("GET", "h", "/p5")), nullptr);
}

TEST(Router, APatternThatCannotBeCompiledIsAnError) {
  model::RouteTable table;
  table.routes.resize(1);
  table.routes[0].rewriteFrom = "(";
  EXPECT_FALSE(Router::build(table).ok());
}

TEST(Router, WithoutRoutesServesNothing) {
  const model::RouteTable table;
  const auto router = Router::build(table);
  ASSERT_TRUE(router.ok());
  EXPECT_EQ((*router)->match(requestOf("GET", "h", "/")), nullptr);
}

TEST(Decide, AListenersRedirectLeadsToItsPort) {
  Decision decision;
  EXPECT_TRUE(decideHttps(requestOf("GET", "H.test:80", "/a?b"), 443, decision));
  EXPECT_EQ(decision.status, 308);
  EXPECT_EQ(decision.fieldLines, "Location: https://h.test/a?b\r\n");
  EXPECT_TRUE(decideHttps(requestOf("GET", "h.test", "/"), 8443, decision));
  EXPECT_EQ(decision.fieldLines, "Location: https://h.test:8443/\r\n");
  EXPECT_FALSE(decideHttps(requestOf("GET", "h.test", "/.well-known/acme-challenge/t"), 443, decision));
}

TEST(Decide, IsUsedAgainWithoutRemains) {
  Decision decision;
  decide(nullptr, requestOf("GET", "h", "/"), false, decision);
  EXPECT_EQ(decision.status, 404);
  model::RouteTable table;
  table.routes.resize(1);
  table.routes[0].service = "web";
  const auto router = Router::build(table);
  const auto request = requestOf("GET", "h", "/");
  decide((*router)->match(request), request, false, decision);
  EXPECT_EQ(decision.kind, Decision::Kind::kForward);
  EXPECT_EQ(decision.number, 0u);
  EXPECT_TRUE(decision.fieldLines.empty() && decision.body.empty());
}

TEST(UpstreamHead, NeedsNoRoute) {
  const http::ClientOrigin origin{.address = {}, .https = true, .forwardedFor = "203.0.113.9"};
  std::string head;
  writeUpstreamHead(requestOf("GET", "h", "/x"), {nullptr, &origin, ""}, head);
  EXPECT_EQ(head,
            "GET /x HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: h\r\n\r\n");
}

// Fields that HTTP/2 assembled, or with odd white space, stand apart from their neighbours.
TEST(UpstreamHead, CopiesLinesHoweverTheyWereWritten) {
  http::RequestIndex request;
  const std::string text =
      "GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\nB:2\r\nC:\t3 \r\nConnection: close\r\nD: 4\r\nE:   5\r\n\r\n";
  ASSERT_EQ(http::parseRequestHead(text, {}, request).kind, http::ParseOutcome::Kind::kDone);
  const http::ClientOrigin origin{.address = {}, .https = false, .forwardedFor = "203.0.113.9"};
  std::string head;
  writeUpstreamHead(request, {nullptr, &origin, ""}, head);
  EXPECT_NE(head.find("Host: h\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nX-Forwarded-For"), std::string::npos) << head;
}

}  // namespace
}  // namespace orbit::edge

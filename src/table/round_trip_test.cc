#include <gtest/gtest.h>

#include "base/random.h"
#include "table/shape.h"
#include "table/table.h"

namespace orbit::table {
namespace {

// Sets about half of an object's members to something that differs from the default; what belongs together is the
// caller's work.
template <class T>
class ObjectFiller {
 public:
  ObjectFiller(T& value, Random& random) : value_(value), random_(random) {}

  void text(std::string_view, std::string T::*) {}
  void texts(std::string_view, std::vector<std::string> T::*) {}
  void flag(std::string_view, bool T::*member) {
    if (some()) value_.*member = !(value_.*member);
  }
  template <class N>
  void number(std::string_view, N T::*member, std::uint64_t least, std::uint64_t most) {
    if (some()) value_.*member = static_cast<N>(least + random_.below(most - least + 1));
  }
  void numbers(std::string_view, std::vector<int> T::*, std::uint64_t, std::uint64_t) {}
  template <class D, class Least>
  void duration(std::string_view, D T::*member, Least least, std::chrono::milliseconds most) {
    const auto span = static_cast<std::uint64_t>((most - least).count());
    if (some()) value_.*member = std::chrono::duration_cast<D>(least + std::chrono::milliseconds(random_.below(span)));
  }
  void seconds(std::string_view, std::uint64_t T::*member, std::chrono::seconds most) {
    if (some()) value_.*member = 1 + random_.below(static_cast<std::uint64_t>(most.count()));
  }
  template <class N>
  void bytes(std::string_view key, N T::*member, std::uint64_t least, std::uint64_t most) {
    number(key, member, least, most);
  }
  template <class E, class W>
  void word(std::string_view, E T::*, const W&) {}
  template <class E, class W>
  void tagged(E T::*, std::string T::*, const W&) {}
  template <class S>
  void list(std::string_view, std::vector<S> T::*) {}
  template <class S>
  void one(std::string_view, std::vector<S> T::*) {}
  template <class S>
  void part(std::string_view, S T::*member) {
    ObjectFiller<S> filler(value_.*member, random_);
    Shape<S>::describe(filler);
  }

 private:
  bool some() { return random_.below(2) == 0; }
  T& value_;
  Random& random_;
};

template <class T>
void fill(T& value, Random& random) {
  ObjectFiller<T> filler(value, random);
  Shape<T>::describe(filler);
}

model::TableService randomService(Random& random, std::size_t number) {
  model::TableService service;
  fill(service, random);
  service.name = "s" + std::to_string(number);
  service.stickyCookie = "side";
  service.pausePassPaths = {"/healthz", "/a%2Fb"};
  for (std::size_t i = 0; i < 1 + random.below(3); ++i) {
    auto& release = service.releases.emplace_back();
    fill(release, random);
    release.weight = static_cast<unsigned>(1 + random.below(100));
    release.id = "r" + std::to_string(i);
    release.instances = {{"one", "10.0.0.2:80"}, {"two", "[fd00::2]:80"}, {"unix:/x", "unix:/x"}};
  }
  if (random.below(2) == 0) {
    auto& health = service.health.emplace_back();
    fill(health, random);
    health.path = "/health";
    if (health.statusMin > health.statusMax) std::swap(health.statusMin, health.statusMax);
  }
  return service;
}

model::TableRoute randomRoute(Random& random, std::size_t number) {
  using Edit = model::TableHeaderEdit::Kind;
  using Match = model::TableHeaderMatch::Kind;
  model::TableRoute route;
  fill(route, random);
  route.id = "route " + std::to_string(number);
  route.id[5] = '-';
  route.host = random.below(2) == 0 ? "*.example.com" : "";
  route.path = "=/p" + std::to_string(number);
  if (route.hstsSeconds == 0) route.hstsSubdomains = route.hstsPreload = false;
  switch (random.below(3)) {
    case 0:
      route.service = "s0";
      route.rewriteFrom = "/(.*)";
      route.rewriteTo = "/x\\1";
      break;
    case 1:
      route.redirect = {{"https://$host$path", 307}};
      break;
    default:
      route.respond = {{200, "text/x", "\"quoted\"\n\ttext, ü\x01"}};
  }
  route.methods = {"GET", "PURGE"};
  route.headers = {{"X-A", Match::kEquals, ""}, {"X-B", Match::kPresent, ""}, {"X-C", Match::kRegex, "a|b"}};
  route.requestHeaders = {{Edit::kSet, "X-A", ""}, {Edit::kRemove, "X-B", ""}, {Edit::kAdd, "X-C", "a: b, c"}};
  if (random.below(2) == 0) {
    auto& cors = route.cors.emplace_back();
    cors.maxAge = std::chrono::seconds(random.below(1000));
    cors.origins = {"https://*.a.test", "null"};
    cors.credentials = true;
  }
  route.errorPages = {{{502, 503}, "text/plain", "down", random.below(2) == 0}};
  if (random.below(2) == 0) route.maintenance.emplace_back().body = "yes";
  return route;
}

TEST(RoundTrip, WhatIsWrittenIsReadEqual) {
  Random random(11);
  for (int round = 0; round < 200; ++round) {
    model::RouteTable table;
    fill(table, random);
    table.version = 1;
    table.trustedProxies = {"10.0.0.0/8"};
    table.listeners = {{"web", "[::]:443", model::TableListener::Protocol::kHttps, "", false},
                       {"in", "", model::TableListener::Protocol::kHttp, "s0", random.below(2) == 0}};
    model::TableAuthority acme;
    acme.name = "acme";
    acme.directory = "https://acme.test/dir";
    acme.caFile = "/ca";
    table.authorities = {acme};
    table.certificates = {{{"a.test"}, "", "", "acme"}, {{"b.test", "*.b.test"}, "/c.pem", "/k.pem", ""}};
    for (std::size_t i = 0; i < 1 + random.below(3); ++i) table.services.push_back(randomService(random, i));
    for (std::size_t i = 0; i < random.below(4); ++i) table.routes.push_back(randomRoute(random, i));
    for (const auto& problem : check(table)) FAIL() << problem.text();
    const std::string written = write(table);
    const Reading reading = read(written, "table.json");
    for (const auto& problem : reading.problems) FAIL() << problem.text() << written;
    ASSERT_TRUE(reading.table == table) << written << write(reading.table);
    ASSERT_EQ(write(reading.table), written);
    for (const auto& service : table.services) {
      const auto one = readService(writeService(service), "service.json");
      ASSERT_TRUE(one.problems.empty() && one.service == service) << writeService(service);
    }
  }
}

TEST(Check, FindsWhatTextCouldNotHold) {
  model::RouteTable table;
  table.version = 2;
  table.services.resize(1);
  table.services[0].name = "web";
  table.services[0].connectTimeout = model::Millis{-1};
  table.services[0].health.resize(2);
  table.services[0].releases = {
      {.id = "r", .weight = 100, .watched = false, .draining = false, .instances = {{"a", "nowhere"}}}};
  table.limits.fieldsMax = 100'000;
  std::string told;
  for (const auto& problem : check(table)) told += problem.text() + "\n";
  EXPECT_EQ(told,
            "version: is 2, out of 1 to 1\n"
            "services[0].health: is there more than once\n"
            "services[0].connectTimeout: is -1 ms, out of 1 to 315360000000\n"
            "limits.fieldsMax: is 100000, out of 8 to 1000\n"
            "services[0].releases[0].instances[0].address: \"nowhere\" has no port "
            "(write it like 10.0.0.2:8000, [fd00::2]:8000 or unix:/run/app.sock)\n");
}

}  // namespace
}  // namespace orbit::table

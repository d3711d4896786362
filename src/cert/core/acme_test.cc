#include "cert/core/acme.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "cert/core/jws.h"
#include "cert/core/limits.h"
#include "format/format.h"

namespace orbit::cert {
namespace {

using namespace std::chrono_literals;
using format::Json;
using Kind = Order::Step::Kind;

constexpr std::int64_t kNow = 1'800'000'000'000'000;
const std::string kAuthority = "https://ca.test";
const std::string kChain = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";

std::string decode(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  return *base64Decode(text);
}

AcmeAnswer problem(int status, const std::string& type, const std::string& detail, const std::string& retryAfter = "") {
  return {status, "", "", retryAfter,
          Json::object({{"type", "urn:ietf:params:acme:error:" + type}, {"detail", detail}}).dump()};
}

// An authority as RFC 8555 tells it, with the faults a test asks for.
struct FakeAuthority {
  Account account{kAuthority + "/dir", "ops@example.com", Key::make(), "", "", {}, {}};
  std::vector<std::string> asked;  // "POST /new-order"
  int nonce = 0;
  int refuseNonces = 0;
  int pollsPending = 0;
  std::string validationProblem;  // type
  std::string orderStatus = "pending";
  std::map<std::string, std::vector<AcmeAnswer>> instead;  // by path, used up in order

  Json challenge(const std::string& type) const {
    return Json::object({{"type", type}, {"url", kAuthority + "/challenge/" + type}, {"token", "tok-1"}});
  }

  AcmeAnswer answer(const AcmeRequest& request) {
    const std::string path = request.url.substr(kAuthority.size());
    asked.push_back(request.method + " " + path);
    AcmeAnswer given = choose(request, path);
    if (path != "/dir") given.nonce = "nonce" + std::to_string(++nonce);
    return given;
  }

  AcmeAnswer choose(const AcmeRequest& request, const std::string& path) {
    if (auto& special = instead[path]; !special.empty()) {
      const AcmeAnswer given = special.front();
      special.erase(special.begin());
      return given;
    }
    if (path == "/dir") return {200, "", "", "", directory().dump()};
    if (path == "/nonce") return {200, "", "", "", ""};
    if (refuseNonces > 0) {
      --refuseNonces;
      return problem(400, "badNonce", "old");
    }
    EXPECT_EQ(head(request)["nonce"].asString(), "nonce" + std::to_string(nonce));
    EXPECT_EQ(head(request)["url"].asString(), request.url);
    if (path == "/account") return {201, "", kAuthority + "/account/7", "", "{}"};
    EXPECT_EQ(head(request)["kid"].asString(), kAuthority + "/account/7");
    if (path == "/order") return order(201, orderStatus);
    if (path == "/authorization/1") return authorization();
    if (path == "/finalize") return order(200, "processing");
    if (path == "/order/1") return order(200, "valid");
    if (path == "/certificate/1") return {200, "", "", "", kChain};
    return {200, "", "", "", "{}"};
  }

  static Json directory() {
    return Json::object({{"newNonce", kAuthority + "/nonce"},
                         {"newAccount", kAuthority + "/account"},
                         {"newOrder", kAuthority + "/order"}});
  }
  static Json head(const AcmeRequest& request) {
    return *format::parseJson(decode((*format::parseJson(request.body))["protected"].asString()));
  }
  static AcmeAnswer order(int status, const std::string& state) {
    return {status, "", kAuthority + "/order/1", "",
            Json::object({{"status", state},
                          {"authorizations", Json::strings({kAuthority + "/authorization/1"})},
                          {"finalize", kAuthority + "/finalize"},
                          {"certificate", kAuthority + "/certificate/1"}})
                .dump()};
  }
  AcmeAnswer authorization() {
    const bool told = std::any_of(asked.begin(), asked.end(), [](auto& a) { return startsWith(a, "POST /challenge"); });
    Json body = Json::object({{"identifier", Json::object({{"type", "dns"}, {"value", "example.com"}})}});
    std::string status = "pending";
    Json http = challenge("http-01");
    if (told && pollsPending-- <= 0) {
      status = validationProblem.empty() ? "valid" : "invalid";
      if (status == "invalid") {
        http.set("error", Json::object({{"type", "urn:ietf:params:acme:error:" + validationProblem},
                                        {"detail", "404 at\nhttp://example.com/"}}));
      }
    }
    body.set("status", status);
    body.set("challenges", Json(Json::Array{http, challenge("dns-01")}));
    return {200, "", "", "", body.dump()};
  }
};

struct Driven {
  Kind end = Kind::kFailed;
  Duration paused{0};
  std::vector<Proof> shown;
  Failure failure;
};

Driven drive(FakeAuthority& authority, Order& order) {
  Driven driven;
  for (int steps = 0; steps < 1000; ++steps) {
    const Order::Step step = order.next();
    driven.end = step.kind;
    if (step.kind == Kind::kDone) return driven;
    if (step.kind == Kind::kFailed) {
      driven.failure = order.failure();
      return driven;
    }
    if (step.kind == Kind::kPause) {
      driven.paused += step.pause;
      order.paused();
    } else if (step.kind == Kind::kPresent) {
      driven.shown = order.proofs();
      order.presented({});
    } else {
      order.answered(authority.answer(step.request), kNow);
    }
  }
  ADD_FAILURE() << "an order that does not end";
  return driven;
}

Driven obtain(FakeAuthority& authority, std::vector<std::string> hosts = {"example.com"},
              const std::string& challenge = "http-01") {
  Order order(authority.account, std::move(hosts), challenge);
  return drive(authority, order);
}

TEST(AcmeOrder, WholeWay) {
  FakeAuthority authority;
  Order order(authority.account, {"example.com"}, "http-01");
  const Driven driven = drive(authority, order);
  ASSERT_EQ(driven.end, Kind::kDone) << driven.failure.error.text();
  EXPECT_EQ(order.chain(), kChain);
  ASSERT_EQ(driven.shown.size(), 1u);
  EXPECT_EQ(driven.shown[0].keyAuthorization, keyAuthorization(authority.account.key, "tok-1"));
  EXPECT_EQ(authority.asked,
            (std::vector<std::string>{"GET /dir", "HEAD /nonce", "POST /account", "POST /order",
                                      "POST /authorization/1", "POST /challenge/http-01", "POST /authorization/1",
                                      "POST /finalize", "POST /order/1", "POST /certificate/1"}));
  EXPECT_TRUE(order.takeAccountChanged());
  EXPECT_FALSE(order.takeAccountChanged());
  EXPECT_EQ(authority.account.url, kAuthority + "/account/7");
}

TEST(AcmeOrder, TheAccountIsMadeOnce) {
  FakeAuthority authority;
  ASSERT_EQ(obtain(authority).end, Kind::kDone);
  authority.asked.clear();
  ASSERT_EQ(obtain(authority).end, Kind::kDone);
  EXPECT_EQ(authority.asked.front(), "POST /order");
}

TEST(AcmeOrder, ANewAddressIsTold) {
  FakeAuthority authority;
  ASSERT_EQ(obtain(authority).end, Kind::kDone);
  authority.account.email = "new@example.com";
  authority.asked.clear();
  ASSERT_EQ(obtain(authority).end, Kind::kDone);
  EXPECT_EQ(authority.asked.front(), "POST /account/7");
  EXPECT_EQ(authority.account.toldEmail, "new@example.com");
}

TEST(AcmeOrder, BadNoncesAreRetriedWithTheFreshOne) {
  FakeAuthority authority;
  authority.refuseNonces = 7;
  EXPECT_EQ(obtain(authority).end, Kind::kDone);
  EXPECT_EQ(std::count(authority.asked.begin(), authority.asked.end(), "HEAD /nonce"), 1);
}

TEST(AcmeOrder, BadNoncesForEverEnd) {
  FakeAuthority authority;
  authority.refuseNonces = 1'000'000;
  const Driven driven = obtain(authority);
  EXPECT_EQ(driven.end, Kind::kFailed);
  EXPECT_LE(authority.asked.size(), static_cast<std::size_t>(kBadNoncesMax) + 4);
}

TEST(AcmeOrder, RateLimitsAreObeyed) {
  FakeAuthority authority;
  authority.instead["/order"] = {problem(429, "rateLimited", "too many certificates for example.com", "7200")};
  const Driven driven = obtain(authority);
  ASSERT_EQ(driven.end, Kind::kFailed);
  EXPECT_EQ(driven.failure.error.code, Code::kLimit);
  EXPECT_EQ(driven.failure.retryAfter, 2h);
  EXPECT_NE(driven.failure.error.message.find("too many certificates for example.com"), std::string::npos);
}

TEST(AcmeOrder, ARefusalSaysWhyAndWhatToDo) {
  FakeAuthority authority;
  authority.validationProblem = "unauthorized";
  const Driven driven = obtain(authority);
  ASSERT_EQ(driven.end, Kind::kFailed);
  EXPECT_TRUE(driven.failure.refused);
  EXPECT_EQ(driven.failure.error.message,
            "the authority refused example.com by http-01: 404 at http://example.com/ [unauthorized]");
  EXPECT_NE(driven.failure.error.hint.find("A and AAAA"), std::string::npos);
}

TEST(AcmeOrder, AnInvalidOrder) {
  FakeAuthority authority;
  AcmeAnswer invalid = FakeAuthority::order(200, "invalid");
  invalid.body =
      Json::object(
          {{"status", "invalid"},
           {"error", Json::object({{"type", "urn:ietf:params:acme:error:caa"}, {"detail", "CAA record forbids"}})}})
          .dump();
  authority.instead["/order/1"] = {invalid};
  const Driven driven = obtain(authority);
  ASSERT_EQ(driven.end, Kind::kFailed);
  EXPECT_NE(driven.failure.error.message.find("CAA record forbids"), std::string::npos);
  EXPECT_NE(driven.failure.error.hint.find("CAA"), std::string::npos);
}

TEST(AcmeOrder, ProcessingIsPolledAsAsked) {
  FakeAuthority authority;
  AcmeAnswer processing = FakeAuthority::order(200, "processing");
  processing.retryAfter = "30";
  authority.instead["/order/1"] = {processing, processing};
  authority.pollsPending = 3;
  const Driven driven = obtain(authority);
  EXPECT_EQ(driven.end, Kind::kDone);
  EXPECT_GE(driven.paused, 60s);
  EXPECT_LE(driven.paused, 80s);
}

TEST(AcmeOrder, AnOrderThatIsNotReadyYetIsAskedAgain) {
  FakeAuthority authority;
  authority.instead["/finalize"] = {problem(403, "orderNotReady", "wait")};
  authority.instead["/order/1"] = {FakeAuthority::order(200, "pending"), FakeAuthority::order(200, "ready")};
  EXPECT_EQ(obtain(authority).end, Kind::kDone);
  EXPECT_EQ(std::count(authority.asked.begin(), authority.asked.end(), "POST /finalize"), 2);
}

TEST(AcmeOrder, PollingEnds) {
  FakeAuthority authority;
  authority.pollsPending = 1'000'000;
  const Driven driven = obtain(authority);
  EXPECT_EQ(driven.end, Kind::kFailed);
  EXPECT_EQ(driven.failure.error.code, Code::kTimeout);
}

TEST(AcmeOrder, AnAccountThatIsGoneIsMadeAnew) {
  FakeAuthority authority;
  ASSERT_EQ(obtain(authority).end, Kind::kDone);
  authority.instead["/order"] = {problem(400, "accountDoesNotExist", "who are you?")};
  authority.asked.clear();
  ASSERT_EQ(obtain(authority).end, Kind::kDone);
  EXPECT_EQ(authority.asked[1], "POST /account");
  authority.instead["/order"] = {problem(400, "accountDoesNotExist", ""), problem(400, "accountDoesNotExist", "")};
  EXPECT_EQ(obtain(authority).end, Kind::kFailed);
}

TEST(AcmeOrder, AServerErrorInTheMiddleIsSatOut) {
  FakeAuthority authority;
  authority.instead["/finalize"] = {{503, "", "", "3", "gateway"}, {500, "", "", "", ""}};
  const Driven driven = obtain(authority);
  EXPECT_EQ(driven.end, Kind::kDone);
  authority.instead["/finalize"] = std::vector<AcmeAnswer>(10, {503, "", "", "", ""});
  EXPECT_EQ(obtain(authority).end, Kind::kFailed);
}

TEST(AcmeOrder, AServerErrorAtTheStartComesBackLater) {
  FakeAuthority authority;
  authority.instead["/dir"] = {{503, "", "", "600", ""}};
  const Driven driven = obtain(authority);
  EXPECT_EQ(driven.end, Kind::kFailed);
  EXPECT_EQ(driven.failure.retryAfter, 10min);
}

TEST(AcmeOrder, WildcardsNeedDns) {
  FakeAuthority authority;
  const Driven driven = obtain(authority, {"example.com", "*.example.com"});
  EXPECT_EQ(driven.end, Kind::kFailed);
  EXPECT_TRUE(authority.asked.empty());
  EXPECT_NE(driven.failure.error.text().find("dns-01"), std::string::npos);
  EXPECT_EQ(obtain(authority, {"*.example.com"}, "dns-01").end, Kind::kDone);
}

TEST(AcmeOrder, AChallengeThatIsNotOffered) {
  FakeAuthority authority;
  const Driven driven = obtain(authority, {"example.com"}, "tls-alpn-01");
  EXPECT_EQ(driven.failure.error.message, "the authority offers no tls-alpn-01 for example.com (but http-01, dns-01)");
}

TEST(AcmeOrder, ReadyOrdersSkipTheProof) {
  FakeAuthority authority;
  authority.orderStatus = "ready";
  const Driven driven = obtain(authority);
  EXPECT_EQ(driven.end, Kind::kDone);
  EXPECT_TRUE(driven.shown.empty());
}

TEST(AcmeOrder, TokensThatAreNoneAreRefused) {
  FakeAuthority authority;
  const std::string evil =
      Json::object({{"status", "pending"},
                    {"identifier", Json::object({{"value", "example.com"}})},
                    {"challenges",
                     Json(Json::Array{Json::object(
                         {{"type", "http-01"}, {"url", kAuthority + "/challenge/http-01"}, {"token", "../../etc"}})})}})
          .dump();
  authority.instead["/authorization/1"] = {{200, "", "", "", evil}};
  EXPECT_EQ(obtain(authority).end, Kind::kFailed);
}

TEST(AcmeOrder, NonsenseEndsTheOrder) {
  for (const std::string path : {"/dir", "/account", "/order", "/authorization/1", "/certificate/1"}) {
    for (const std::string body : {"", "{}", "[]", "<html>", "{\"status\":3}"}) {
      FakeAuthority authority;
      authority.instead[path] = std::vector<AcmeAnswer>(50, {200, "", "", "", body});
      const Driven driven = obtain(authority);
      EXPECT_EQ(driven.end, Kind::kFailed) << path << " " << body;
    }
  }
}

TEST(RetryAfter, SecondsAndDates) {
  EXPECT_EQ(parseRetryAfter("120", kNow), 2min);
  EXPECT_EQ(parseRetryAfter("", kNow), 0s);
  EXPECT_EQ(parseRetryAfter("-5", kNow), 0s);
  EXPECT_EQ(parseRetryAfter("soon", kNow), 0s);
  EXPECT_EQ(parseRetryAfter("99999999999999999999", kNow), 0s);
  EXPECT_EQ(parseRetryAfter("99999999", kNow), 24h * 7);
  EXPECT_EQ(parseRetryAfter("Fri, 15 Jan 2027 09:00:00 GMT", kNow), 1h);
  EXPECT_EQ(parseRetryAfter("Fri, 15 Jan 2027 07:00:00 GMT", kNow), 0s);
}

}  // namespace
}  // namespace orbit::cert

// What receivers are sent, what their answers mean, and who is told at all.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "notify/answer.h"
#include "notify/base64.h"
#include "notify/limits.h"
#include "notify/mail.h"
#include "notify/notify.h"
#include "notify/private_address.h"

namespace orbit::notify {
namespace {

using format::Json;
using model::Notice;
using model::Receiver;
using Outcome = Answer::Outcome;
using std::chrono::seconds;

constexpr std::int64_t kNowUs = 1'795'000'000'000'000;
constexpr std::int64_t kMinuteUs = 60'000'000;

Notice notice() {
  Notice one;
  one.id = "i12-1";
  one.incident = "i12";
  one.event = Notice::Event::kOpened;
  one.severity = model::Severity::kCritical;
  one.project = "shop";
  one.environment = "production";
  one.services = {"web"};
  one.title = "shop (production): errors of web: 5.0 % of 600 requests failed in 60 s";
  one.lines = {"errors of web: 5.0 % of 600 requests failed in 60 s", "18:00:00 r12 is live"};
  one.atUs = one.openedUs = kNowUs;
  return one;
}

Receiver receiver(Receiver::Kind kind, std::string url, std::string secret = {}) {
  Receiver one;
  one.name = "ops";
  one.kind = kind;
  one.url = std::move(url);
  one.secret = std::move(secret);
  one.to = "ops@example.test, boss@example.test";
  one.from = "orbit@example.test";
  return one;
}

bool has(const std::vector<std::string>& headers, const std::string& header) {
  return std::find(headers.begin(), headers.end(), header) != headers.end();
}

TEST(Payload, HmacIsRfc4231Case2) {
  const std::string mac = hmacSha256("Jefe", "what do ya want for nothing?");
  EXPECT_EQ(base64(mac), "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
}

TEST(Payload, AWebhookIsSignedAsStandardWebhooksAre) {
  const auto made =
      requestFor(receiver(Receiver::Kind::kWebhook, "https://hooks.test/x", "key"), notice(), "home", kNowUs);
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(has(made->headers, "webhook-id: home-i12-1"));
  EXPECT_TRUE(has(made->headers, "webhook-timestamp: 1795000000"));
  const std::string mac = base64(hmacSha256("key", "home-i12-1.1795000000." + made->body));
  EXPECT_TRUE(has(made->headers, "webhook-signature: v1," + mac));
  const auto body = format::parseJson(made->body);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ((*body)["type"].asString(), "incident.opened");
  EXPECT_EQ((*body)["data"]["incident"].asString(), "i12");
}

TEST(Payload, AKeyMayBeWrittenAsBase64) {
  EXPECT_EQ(keyBytes("whsec_a2V5"), "key");
  EXPECT_EQ(keyBytes("plain"), "plain");
  EXPECT_EQ(keyBytes("whsec_!!"), "!!");
}

TEST(Payload, NtfyGetsJsonAtItsRootWithinItsLimits) {
  Notice long_ = notice();
  long_.title.assign(2'000, 'x');
  long_.lines.assign(200, std::string(100, 'y'));
  const auto made =
      requestFor(receiver(Receiver::Kind::kNtfy, "https://ntfy.test/a/topic", "tk"), long_, "home", kNowUs);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made->url, "https://ntfy.test/a/");
  EXPECT_TRUE(has(made->headers, "Authorization: Bearer tk"));
  const auto body = format::parseJson(made->body);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ((*body)["topic"].asString(), "topic");
  EXPECT_EQ((*body)["priority"].asInt(), 5);
  EXPECT_LE((*body)["message"].asString().size(), 4096U);
  EXPECT_LE((*body)["title"].asString().size(), 1024U);
  EXPECT_FALSE(requestFor(receiver(Receiver::Kind::kNtfy, "https://ntfy.test"), notice(), "home", kNowUs).ok());
}

TEST(Payload, SlackGetsTextWithinItsLimit) {
  Notice long_ = notice();
  long_.lines.assign(1000, std::string(100, 'y'));
  const auto made = requestFor(receiver(Receiver::Kind::kSlack, "https://slack.test/x"), long_, "home", kNowUs);
  const auto body = format::parseJson(made->body);
  ASSERT_TRUE(body.ok());
  EXPECT_LE((*body)["text"].asString().size(), 3000U);
  EXPECT_EQ((*body)["text"].asString().find("[critical] shop (production)"), 0U);
}

TEST(Payload, TheMailsOfAnIncidentAreOneThread) {
  const auto smtp = receiver(Receiver::Kind::kEmail, "smtp://or%40bit@mail.test:2525", "secret");
  const auto first = requestFor(smtp, notice(), "home", kNowUs);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(first->url, "smtp://mail.test:2525");
  EXPECT_EQ(first->user, "or@bit");
  EXPECT_EQ(first->to, (std::vector<std::string>{"ops@example.test", "boss@example.test"}));
  EXPECT_NE(first->body.find("Message-ID: <i12.1.home@orbit.invalid>\r\n"), std::string::npos);
  EXPECT_EQ(first->body.find("In-Reply-To"), std::string::npos);
  EXPECT_EQ(first->body.find("secret"), std::string::npos);
  Notice over = notice();
  over.number = 2;
  over.event = Notice::Event::kResolved;
  const auto second = requestFor(smtp, over, "home", kNowUs);
  EXPECT_NE(second->body.find("Message-ID: <i12.2.home@orbit.invalid>\r\n"), std::string::npos);
  EXPECT_NE(second->body.find("In-Reply-To: <i12.1.home@orbit.invalid>\r\n"), std::string::npos);
  EXPECT_FALSE(requestFor(receiver(Receiver::Kind::kEmail, "mail.test"), notice(), "home", kNowUs).ok());
}

TEST(Payload, HeadersHoldNoLineBreakAndAnyText) {
  EXPECT_EQ(headerText("plain"), "plain");
  EXPECT_EQ(headerText("a\r\nBcc: x"), "a  Bcc: x");
  const std::string encoded = headerText("zu langsam für alle " + std::string(60, 'x') + "ü");
  for (const auto line : split(encoded, '\n')) EXPECT_LE(line.size(), 77U);
  EXPECT_EQ(encoded.find("=?UTF-8?B?"), 0U);
  EXPECT_EQ(mailDate(0), "Thu, 01 Jan 1970 00:00:00 +0000");
}

TEST(Answer, IsClassifiedByItsStatus) {
  EXPECT_EQ(httpAnswer(200, "", "ok").outcome, Outcome::kDelivered);
  EXPECT_EQ(httpAnswer(204, "", "").outcome, Outcome::kDelivered);
  EXPECT_EQ(httpAnswer(302, "", "").outcome, Outcome::kRefused);
  for (const int status : {400, 401, 403, 404, 410, 413})
    EXPECT_EQ(httpAnswer(status, "", "").outcome, Outcome::kRefused);
  for (const int status : {408, 425, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(httpAnswer(status, "", "").outcome, Outcome::kTryAgain);
  }
}

TEST(Answer, StatesWhenToComeBack) {
  EXPECT_EQ(httpAnswer(429, "7", "").after, Duration(seconds(7)));
  EXPECT_EQ(httpAnswer(503, " 120 ", "").after, Duration(seconds(120)));
  EXPECT_EQ(httpAnswer(429, "", R"({"retry_after": 1.5, "global": false})").after,
            Duration(std::chrono::milliseconds(1500)));
  EXPECT_EQ(httpAnswer(429, "", R"({"parameters":{"retry_after":9}})").after, Duration(seconds(9)));
  EXPECT_EQ(httpAnswer(429, "999999999", "").after, Duration(kLongestStated));
  EXPECT_FALSE(httpAnswer(429, "-3", "").after.has_value());
  EXPECT_FALSE(httpAnswer(429, "soon", "{").after.has_value());
}

TEST(Answer, OfSmtpIsForNowOrForGood) {
  EXPECT_EQ(mailAnswer(250, "").outcome, Outcome::kDelivered);
  EXPECT_EQ(mailAnswer(451, "later").outcome, Outcome::kTryAgain);
  EXPECT_EQ(mailAnswer(550, "no such user").outcome, Outcome::kRefused);
  EXPECT_EQ(mailAnswer(0, "no connection").outcome, Outcome::kTryAgain);
}

TEST(Answer, IsShownWithoutControlBytes) {
  EXPECT_EQ(httpAnswer(400, "", "a\x1b[31m\nb").text, "answered 400: a [31m b");
}

TEST(Answer, PausesDoubleAndKeepToWhatWasStated) {
  Random random(1);
  Duration before{};
  for (int attempts = 1; attempts < 20; ++attempts) {
    const Duration pause = pauseAfter(attempts, {}, random);
    EXPECT_LE(pause, Duration(kLongestRetry) * 5 / 4);
    EXPECT_TRUE(attempts >= 7 || pause > before);
    before = pause;
  }
  for (int i = 0; i < 100; ++i) {
    const Duration pause = pauseAfter(9, Duration(seconds(3)), random);
    EXPECT_GE(pause, seconds(3));
    EXPECT_LT(pause, seconds(4));
  }
}

bool privateText(const std::string& text) {
  sockaddr_in four{};
  sockaddr_in6 six{};
  four.sin_family = AF_INET;
  six.sin6_family = AF_INET6;
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) return isPrivate(reinterpret_cast<sockaddr&>(four));
  EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr), 1) << text;
  return isPrivate(reinterpret_cast<sockaddr&>(six));
}

TEST(PrivateAddress, KnowsThemInEveryForm) {
  for (const char* text : {"127.0.0.1",       "10.1.2.3",        "172.16.0.1",    "172.31.255.255",
                           "192.168.1.1",     "169.254.169.254", "0.0.0.0",       "100.64.0.1",
                           "224.0.0.1",       "255.255.255.255", "::1",           "::",
                           "fe80::1",         "fd00::1",         "ff02::1",       "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1",
                           "::7f00:1"}) {
    EXPECT_TRUE(privateText(text)) << text;
  }
  for (const char* text : {"1.1.1.1", "172.32.0.1", "172.15.0.1", "192.169.0.1", "203.0.114.1", "2606:4700::1111",
                           "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::"}) {
    EXPECT_FALSE(privateText(text)) << text;
  }
}

TEST(Routing, BySeverityAndTime) {
  model::Alerting settings;
  for (const char* name : {"all", "night", "page"}) {
    settings.receivers.push_back(receiver(Receiver::Kind::kSlack, "https://x.test"));
    settings.receivers.back().name = name;
  }
  Notice one = notice();
  EXPECT_EQ(receiversFor(settings, one).size(), 3U) << "without routes everything to everybody";
  settings.routes.push_back({{"all"}, model::Severity::kWarning, 0, 0, 0, {}});
  settings.routes.push_back({{"page"}, model::Severity::kCritical, 0, 0, 0, std::chrono::hours(4)});
  settings.routes.push_back({{"night"}, model::Severity::kWarning, 22 * 60, 6 * 60, 60, std::chrono::hours(1)});
  using Names = std::vector<std::string>;
  const auto at = [&](int hour, model::Severity severity) {
    one.atUs = std::int64_t{hour} * 60 * kMinuteUs;
    one.severity = severity;
    return receiversFor(settings, one);
  };
  EXPECT_EQ(at(12, model::Severity::kWarning), Names({"all"}));
  EXPECT_EQ(at(12, model::Severity::kCritical), Names({"all", "page"}));
  EXPECT_EQ(at(23, model::Severity::kWarning), Names({"all", "night"}));
  EXPECT_EQ(at(21, model::Severity::kWarning), Names({"all", "night"})) << "one hour east";
  EXPECT_EQ(at(5, model::Severity::kWarning), Names({"all"}));
  EXPECT_EQ(repeatAfter(settings, model::Severity::kCritical, 12 * 60 * kMinuteUs), Duration(std::chrono::hours(4)));
  EXPECT_EQ(repeatAfter(settings, model::Severity::kCritical, 23 * 60 * kMinuteUs), Duration(std::chrono::hours(1)));
  EXPECT_EQ(repeatAfter(settings, model::Severity::kWarning, 12 * 60 * kMinuteUs), Duration{});
}

TEST(Entry, AsJsonAndBack) {
  Entry entry = entryFor(notice(), "ops", kNowUs);
  entry.state = Entry::State::kParked;
  entry.attempts = 3;
  entry.recovered = true;
  entry.last = "answered 404";
  const Entry back = entryOf(entryJson(entry));
  EXPECT_EQ(entryJson(back), entryJson(entry));
  EXPECT_EQ(back.id, "i12-1/ops");
}

}  // namespace
}  // namespace orbit::notify

#include <gtest/gtest.h>

#include "base/base.h"
#include "signal/signal.h"

namespace orbit::signal {
namespace {

AccessLine line() {
  AccessLine made;
  made.wallUs = 1'800'000'000'123'456;
  made.requestId = "0193";
  made.client = "192.0.2.7";
  made.method = "GET";
  made.host = "example.com";
  made.path = "/api/items";
  made.protocol = "HTTP/1.1";
  made.status = 200;
  made.durationUs = 12'345;
  made.upstreamUs = 11'000;
  made.attempts = 1;
  made.bytesOut = 1024;
  made.route = "web";
  made.service = "web";
  made.release = "r1";
  made.instance = "r1.1";
  made.userAgent = "curl/7.88";
  made.outcome = "answered";
  return made;
}

std::string json(const AccessLine& of) {
  std::string out(kLineBytesMax, '\0');
  out.resize(static_cast<std::size_t>(formatJson(of, out.data()) - out.data()));
  return out;
}

std::string plain(const AccessLine& of) {
  std::string out(kLineBytesMax, '\0');
  out.resize(static_cast<std::size_t>(formatPlain(of, out.data()) - out.data()));
  return out;
}

// The text of the member "path" in the line.
std::string pathOf(std::string_view path) {
  AccessLine made;
  made.path = path;
  const std::string out = json(made);
  const std::size_t begin = out.find(R"("path":")") + 8;
  return out.substr(begin, out.find(R"(","status")") - begin);
}

TEST(AccessLine, Json) {
  EXPECT_EQ(json(line()),
            R"({"time":"2027-01-15T08:00:00.123456Z","id":"0193","client":"192.0.2.7","method":"GET",)"
            R"("host":"example.com","path":"/api/items","protocol":"HTTP/1.1","status":200,"outcome":"answered",)"
            R"("duration":0.012345,"upstream":0.011000,"attempts":1,"bytes_in":0,"bytes_out":1024,"route":"web",)"
            R"("service":"web","release":"r1","instance":"r1.1","user_agent":"curl/7.88"})"
            "\n");
}

TEST(AccessLine, Plain) {
  EXPECT_EQ(plain(line()), "GET /api/items status=200 duration=0.012s\n");
  AccessLine slow = line();
  slow.durationUs = 61'999'600;
  slow.status = 504;
  EXPECT_EQ(plain(slow), "GET /api/items status=504 duration=62.000s\n");
}

TEST(AccessLine, PlainKeepsItsWordsApartWhereOneIsNotKnown) {
  AccessLine made;
  made.status = 400;
  EXPECT_EQ(plain(made), "- - status=400 duration=0.000s\n");
}

TEST(AccessLine, PlainCannotBeForged) {
  AccessLine forged = line();
  forged.path = "/a status=500 duration=9s\nGET /b";
  forged.query = "token=abc";
  EXPECT_EQ(plain(forged), "GET /a\\u0020status=500\\u0020duration=9s\\u000aGET\\u0020/b status=200 duration=0.012s\n");
}

TEST(AccessLine, TimeIsThatOfTheClock) {
  Random random(1);
  for (int i = 0; i < 2000; ++i) {
    AccessLine made;
    made.wallUs = static_cast<std::int64_t>(random.below(4'000'000'000'000'000));
    EXPECT_EQ(json(made).substr(9, 27), wallText(made.wallUs));
  }
}

TEST(AccessLine, EscapesWhatJsonAndTerminalsCannotBear) {
  EXPECT_EQ(pathOf("a\"b\\c"), R"(a\"b\\c)");
  EXPECT_EQ(pathOf(std::string_view("\0\n\x1b\x7f", 4)), "\\u0000\\u000a\\u001b\\u007f");
  EXPECT_EQ(pathOf("\xc2\x9b"), "\\u009b");
  EXPECT_EQ(pathOf("/caf\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x9a\x80"), "/caf\xc3\xa9/\xe2\x82\xac/\xf0\x9f\x9a\x80");
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(pathOf("a\xff"
                   "b"),
            "a" + bad + "b");
  EXPECT_EQ(pathOf("\xc0\x80"), bad + bad) << "overlong";
  EXPECT_EQ(pathOf("\xed\xa0\x80"), bad + bad + bad) << "surrogate";
  EXPECT_EQ(pathOf("\xf4\x90\x80\x80"), bad + bad + bad + bad) << "above U+10FFFF";
  EXPECT_EQ(pathOf("\xe2\x82"), bad + bad) << "cut off";
}

TEST(AccessLine, TheIdIsTheOneThatWasGivenOrOurs) {
  AccessLine made;
  EXPECT_EQ(json(made).find("\"id\""), std::string::npos);
  made.ownId = {0x01, 0x93, 0xab, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xff};
  EXPECT_NE(json(made).find(R"(,"id":"0193ab00-0000-7000-8000-0000000000ff")"), std::string::npos);
  made.requestId = "theirs";
  EXPECT_NE(json(made).find(R"(,"id":"theirs")"), std::string::npos);
}

TEST(AccessLine, NeverLongerThanItsLimit) {
  for (const char c : {'a', '\x01', '\xff', '&'}) {
    const std::string longText(100'000, c);
    AccessLine made;
    for (std::string_view* member :
         {&made.requestId, &made.client, &made.method, &made.host, &made.path, &made.query, &made.route, &made.service,
          &made.release, &made.instance, &made.userAgent, &made.referer}) {
      *member = longText;
    }
    EXPECT_LT(json(made).size(), kLineBytesMax);
    EXPECT_LT(plain(made).size(), kLineBytesMax);
    EXPECT_EQ(json(made).find('\n'), json(made).size() - 1);
  }
  std::string accents;
  for (int i = 0; i < 2000; ++i) accents += "\xe2\x82\xac";
  EXPECT_EQ(pathOf(accents).find('\xef'), std::string::npos) << "cut between characters";
}

}  // namespace
}  // namespace orbit::signal

#include "format/json.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace orbit::format {
namespace {

TEST(Json, ReadsAndWrites) {
  const std::string text = R"({"a":1,"b":[true,null,-2.5,"x\n\u00e9\ud83d\ude00"],"c":{"d":{}},"e":[]})";
  auto json = parseJson(text);
  ASSERT_TRUE(json.ok());
  EXPECT_EQ((*json)["a"].asInt(), 1);
  EXPECT_TRUE((*json)["b"].items()[0].asBool());
  EXPECT_EQ((*json)["b"].items()[2].asDouble(), -2.5);
  EXPECT_EQ((*json)["b"].items()[3].asString(), "x\né😀");
  EXPECT_TRUE((*json)["c"]["d"].isObject());
  EXPECT_EQ(json->dump(), "{\"a\":1,\"b\":[true,null,-2.5,\"x\\né😀\"],\"c\":{\"d\":{}},\"e\":[]}");
  EXPECT_EQ(Json::object({{"a", 1}, {"b", Json::array({1, 2})}, {"c", Json::object()}}).dump(2),
            "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    2\n  ],\n  \"c\": {}\n}");
}

TEST(Json, LenientReading) {
  const Json json = Json::object({{"n", 5}, {"s", "x"}, {"l", Json::array({"a", 1, "b"})}, {"d", 2.9}, {"h", 1e300}});
  EXPECT_EQ(json["s"].asInt(7), 7);
  EXPECT_EQ(json["n"].asString(), "");
  EXPECT_EQ(json["d"].asInt(), 2);
  EXPECT_EQ(json["h"].asInt(3), 3);
  EXPECT_EQ(json["l"].asStrings(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(json["none"]["deeper"].isNull());
  EXPECT_FALSE(json.has("none"));
  EXPECT_TRUE(json["n"].items().empty());
}

TEST(Json, Numbers) {
  EXPECT_EQ(parseJson("9223372036854775807")->asInt(), INT64_MAX);
  EXPECT_TRUE(parseJson("9223372036854775807")->isInt());
  EXPECT_FALSE(parseJson("9223372036854775808")->isInt());
  EXPECT_EQ(parseJson("18446744073709551616")->asDouble(), 18446744073709551616.0);
  EXPECT_EQ(Json(1.0).dump(), "1.0");
  EXPECT_EQ(Json(1e300).dump(), "1e+300");
  EXPECT_EQ(Json(0.0 / 0.0).dump(), "null");
}

TEST(Json, SetReplacesAndLastMemberCounts) {
  Json json;
  json.set("a", 1).set("b", 2).set("a", 3);
  EXPECT_EQ(json.dump(), "{\"a\":3,\"b\":2}");
  EXPECT_EQ(parseJson(R"({"a":1,"b":2,"a":3})")->dump(), "{\"b\":2,\"a\":3}");
}

TEST(Json, BytesThatAreNotUtf8) {
  EXPECT_EQ(Json("a\xff"
                 "b\xC3")
                .dump(),
            "\"a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\"");
  EXPECT_EQ(Json(std::string("\0\x1f\x7f", 3)).dump(), "\"\\u0000\\u001f\\u007f\"");
}

TEST(Json, Faults) {
  for (const auto* text :
       {"", "{", "[1,]", "{\"a\"}", "01", "nul", "1 2", "\"\\x\"", "\"\n\"", "{'a':1}", "\"\xff\"", "1e999"}) {
    auto json = parseJson(text, "f");
    EXPECT_FALSE(json.ok()) << text;
  }
  EXPECT_EQ(parseJson("{\n \"a\": }", "f").error().at.text(), "f:2:7");
  EXPECT_EQ(parseJson("{\"password\": \"hunter2\" oops", "f").error().text().find("hunter2"), std::string::npos);
  EXPECT_EQ(parseJson(std::string(100'000, '[')).error().code, Code::kLimit);
  EXPECT_TRUE(parseJson(std::string(200, '[') + std::string(200, ']')).ok());
}

Json randomJson(Random& random, int depth) {
  switch (random.below(depth > 4 ? 5 : 7)) {
    case 0:
      return nullptr;
    case 1:
      return random.below(2) == 0;
    case 2:
      return static_cast<std::int64_t>(random.next());
    case 3:
      return static_cast<double>(static_cast<std::int64_t>(random.next())) / 4096.0;
    case 4: {
      std::string text;
      for (auto i = random.below(6); i > 0; --i) text += static_cast<char>(random.below(128));
      return text;
    }
    case 5: {
      Json list = Json::array();
      for (auto i = random.below(4); i > 0; --i) list.push(randomJson(random, depth + 1));
      return list;
    }
    default: {
      Json object = Json::object();
      for (auto i = random.below(4); i > 0; --i)
        object.set(std::to_string(random.below(9)), randomJson(random, depth + 1));
      return object;
    }
  }
}

TEST(Json, WhatIsDumpedReadsBackTheSame) {
  Random random(3);
  for (int i = 0; i < 3000; ++i) {
    const Json json = randomJson(random, 0);
    auto back = parseJson(json.dump(i % 3));
    ASSERT_TRUE(back.ok()) << json.dump();
    ASSERT_EQ(*back, json) << json.dump();
  }
}

}  // namespace
}  // namespace orbit::format

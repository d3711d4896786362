// Fields of lines, and the request they are about.
#include "logs/fields.h"

#include <gtest/gtest.h>

namespace orbit::logs {
namespace {

TEST(Fields, JsonWithMembersOfMembers) {
  EXPECT_EQ(fieldsOf(R"(app | {"a":1,"b":{"c":"x","d":[1,2]},"e":true})"),
            (Fields{{"a", "1"}, {"b.c", "x"}, {"b.d", "[1,2]"}, {"e", "true"}}));
}

TEST(Fields, Logfmt) {
  EXPECT_EQ(fieldsOf(R"(level=info msg="hello \"you\"" took=12ms)"),
            (Fields{{"level", "info"}, {"msg", "hello \"you\""}, {"took", "12ms"}}));
}

TEST(Fields, RequestLinesAlsoBehindALoggersPrefix) {
  const Fields expected{{"method", "GET"}, {"path", "/api/x?a=b"}, {"status", "200"}, {"duration", "0.012s"}};
  EXPECT_EQ(fieldsOf("GET /api/x?a=b status=200 duration=0.012s"), expected);
  EXPECT_EQ(fieldsOf("2026-11-28 18:00:00,123 INFO app: GET /api/x?a=b status=200 duration=0.012s"), expected);
}

TEST(Fields, NoneInPlainText) {
  EXPECT_TRUE(fieldsOf("nothing to see here").empty());
  EXPECT_TRUE(fieldsOf("see http://x/?a=b").empty());
  EXPECT_TRUE(fieldsOf("{not json}").empty());
  EXPECT_TRUE(fieldsOf("=").empty());
}

TEST(RequestId, ByItsNameOrAsABareUuid) {
  EXPECT_EQ(requestIdOf(R"({"msg":"x","request_id":"abc-1"})"), "abc-1");
  EXPECT_EQ(requestIdOf("GET / status=200 req_id=77"), "77");
  EXPECT_EQ(requestIdOf("done with 01936d2c-4c1e-7a53-9b1e-2f8a4f6f1a2b."), "01936d2c-4c1e-7a53-9b1e-2f8a4f6f1a2b");
  EXPECT_EQ(requestIdOf("no id here"), "");
}

}  // namespace
}  // namespace orbit::logs

#include "base/base.h"

#include <gtest/gtest.h>

namespace orbit {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error{.code = Code::kInvalid, .message = "odd"};
  return n / 2;
}
Result<int> quarter(int n) {
  ORBIT_TRY(const int first, half(n));
  return half(first);
}

TEST(Result, TryReturnsTheErrorOrTheValue) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
}

TEST(Error, TextNamesPlaceAndHint) {
  const Error error{.code = Code::kInvalid, .message = "bad", .hint = "mend it", .at = {"a.yaml", 3, 7}};
  EXPECT_EQ(error.text(), "a.yaml:3:7: bad (mend it)");
}

TEST(Text, SplitTrimJoin) {
  EXPECT_EQ(split("a,b,,c", ',').size(), 4u);
  EXPECT_EQ(trim("  a b \n"), "a b");
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
}

TEST(Text, NearestFindsWhatWasMeantAndNothingElse) {
  EXPECT_EQ(nearest("enviroment", {"env_file", "environment", "expose"}), "environment");
  EXPECT_EQ(nearest("zzz", {"image", "build"}), "");
}

TEST(Random, SameSeedReplays) {
  Random a(7), b(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.below(1000), b.below(1000));
}

TEST(Id, SortsByTime) {
  Random random(1);
  const auto early = newId(1'000'000, random);
  const auto late = newId(2'000'000, random);
  EXPECT_EQ(early.size(), 36u);
  EXPECT_EQ(early[14], '7');
  EXPECT_LT(early, late);
}

TEST(Clock, TextForms) {
  EXPECT_EQ(wallText(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(spanText(std::chrono::milliseconds(850)), "850ms");
  EXPECT_EQ(spanText(std::chrono::milliseconds(4200)), "4.2s");
  EXPECT_EQ(spanText(std::chrono::seconds(185)), "3m 5s");
}

TEST(Version, NamesTheBuild) {
  const std::string& version = buildVersion();
  ASSERT_EQ(version.size(), std::string(ORBIT_VERSION).size() + 13) << version;
  EXPECT_EQ(version.find(std::string(ORBIT_VERSION) + "+"), 0u);
}

}  // namespace
}  // namespace orbit

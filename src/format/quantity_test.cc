#include "format/quantity.h"

#include <gtest/gtest.h>

namespace orbit::format {
namespace {

using namespace std::chrono_literals;

TEST(Quantity, Durations) {
  const std::pair<const char*, Duration> cases[] = {
      {"30s", 30s},     {"1m30s", 90s},   {"500ms", 500ms}, {"1h5m30s20ms", 3930s + 20ms},
      {"1.5s", 1500ms}, {"300us", 300us}, {"10", 10s},      {"0", 0s},
      {" 5s ", 5s},     {"1d", 24h},      {"1w", 168h},     {"-1s", -1s},
      {"7ns", 7ns}};
  for (const auto& [text, want] : cases) {
    const auto got = parseDuration(text);
    ASSERT_TRUE(got.ok()) << text;
    EXPECT_EQ(*got, want) << text;
  }
  for (const auto* text : {"", "s", "5x", "5 s", "1s5", "1..5s", ".", "abc", "--1s", "999999999999999999h"}) {
    EXPECT_FALSE(parseDuration(text).ok()) << text;
  }
}

TEST(Quantity, Bytes) {
  const std::pair<const char*, std::int64_t> cases[] = {
      {"2b", 2},         {"512k", 524288},     {"16mb", 16 << 20}, {"1.5gb", 1610612736}, {"1GiB", 1 << 30},
      {"64M", 64 << 20}, {"1048576", 1048576}, {"0", 0},           {"1 g", 1 << 30}};
  for (const auto& [text, want] : cases) {
    const auto got = parseBytes(text);
    ASSERT_TRUE(got.ok()) << text;
    EXPECT_EQ(*got, want) << text;
  }
  for (const auto* text : {"", "m", "5x", "5mm", "-1", "5kbb", "1e3", "99999999999999999999p"}) {
    EXPECT_FALSE(parseBytes(text).ok()) << text;
  }
  EXPECT_EQ(parseBytes("5x").error().message, "\"5x\" is not a size in bytes");
}

TEST(Quantity, BytesAsText) {
  EXPECT_EQ(bytesText(12'345'678), "11.8MiB");
  EXPECT_EQ(bytesText(0), "0B");
  EXPECT_EQ(bytesText(1023), "1023B");
  EXPECT_EQ(bytesText(1024), "1.0KiB");
  EXPECT_EQ(bytesText((1 << 20) - 1), "1.0MiB");
  EXPECT_EQ(bytesText(INT64_MAX), "8.0EiB");
}

}  // namespace
}  // namespace orbit::format

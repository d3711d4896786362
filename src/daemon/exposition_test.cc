#include "daemon/exposition.h"

#include <gtest/gtest.h>

namespace orbit::daemon {
namespace {

TEST(Exposition, CountersHistogramsAndEscapes) {
  Exposed exposed;
  series::Value& value = exposed.services[{series::Kind::kRequests, "", "shop", "production", "we\"b", "", "", ""}];
  value.counters.byClass[2] = 9;
  value.counters.byClass[5] = 1;
  value.counters.errors = 1;
  value.counters.latencySumUs = 2'500'000;
  value.latency.add(20'000, 9);
  value.latency.add(20'000'000);
  const std::string text = expositionText(exposed);
  const auto has = [&](const char* line) { return text.find(std::string("\n") + line + "\n") != std::string::npos; };
  const std::string labels = R"(project="shop",environment="production",service="we\"b")";
  EXPECT_TRUE(has((R"(orbit_requests_total{)" + labels + R"(,class="2xx"} 9)").c_str())) << text;
  EXPECT_TRUE(has((R"(orbit_request_duration_seconds_bucket{)" + labels + R"(,le="0.025"} 9)").c_str()));
  EXPECT_TRUE(has((R"(orbit_request_duration_seconds_bucket{)" + labels + R"(,le="0.01"} 0)").c_str()));
  EXPECT_TRUE(has((R"(orbit_request_duration_seconds_bucket{)" + labels + R"(,le="+Inf"} 10)").c_str()));
  EXPECT_TRUE(has((R"(orbit_request_duration_seconds_sum{)" + labels + R"(} 2.5)").c_str()));
  EXPECT_TRUE(has((R"(orbit_request_duration_seconds_count{)" + labels + R"(} 10)").c_str()));
  EXPECT_EQ(text.back(), '\n');
}

}  // namespace
}  // namespace orbit::daemon

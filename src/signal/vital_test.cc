#include "signal/vital.h"

#include <gtest/gtest.h>

namespace orbit::signal {
namespace {

TEST(VitalName, IsReadAsItWasWritten) {
  EXPECT_EQ(vitalText({"LCP", "/orders/:id", false}), "LCP /orders/:id");
  EXPECT_EQ(vitalText({"CLS", "(other)", true}), "CLS from cache (other)");
  for (const VitalName& name : {VitalName{"LCP", "/", false}, VitalName{"INP", "/a b", true}}) {
    const std::string text = vitalText(name);
    const VitalName read = vitalNameOf(text);
    EXPECT_EQ(read.metric, name.metric);
    EXPECT_EQ(read.page, name.page);
    EXPECT_EQ(read.fromCache, name.fromCache);
  }
}

TEST(VitalName, OfNonsenseIsAllMetric) {
  EXPECT_EQ(vitalNameOf("nonsense").metric, "nonsense");
  EXPECT_EQ(vitalNameOf("nonsense").page, "");
  EXPECT_EQ(vitalNameOf("").metric, "");
}

}  // namespace
}  // namespace orbit::signal

#include "cli/server_text.h"

#include <gtest/gtest.h>

namespace orbit::cli {
namespace {

TEST(ServerStatus, AnEdgeThatServesAndOneThatDrains) {
  const auto processes = holdProcesses(
      "daemon running 1234 starts 1\n"
      "edge running 1240 starts 2 generation 1795000001 ready\n"
      "edge draining 1235 generation 1795000000\n");
  EXPECT_EQ(edgeLines(processes),
            "Edge    generation 1795000001, process 1240\n"
            "Edge    generation 1795000000, process 1235, draining\n");
  ASSERT_EQ(processes.items().size(), 3u);
  EXPECT_EQ(processes.items()[0].dump(),
            R"({"name":"daemon","state":"running","pid":1234,"starts":1,"generation":null,"ready":false})");
}

TEST(ServerStatus, AnEdgeOnItsWay) {
  EXPECT_EQ(edgeLines(holdProcesses("edge waiting 0 starts 9\nedge starting 77 generation 5\n")),
            "Edge    not running; it is started again in a moment\n"
            "Edge    generation 5, process 77, starting\n");
  EXPECT_EQ(edgeLines(holdProcesses("edge running 77 starts 1 generation 5\n")),
            "Edge    generation 5, process 77, not ready yet\n");
}

// A hold of another build.
TEST(ServerStatus, WhatIsNotUnderstoodIsLeftOut) {
  EXPECT_EQ(holdProcesses("").dump(), "[]");
  EXPECT_EQ(holdProcesses("error there is no command\nedge\n\nedge running x\n").dump(), "[]");
  EXPECT_EQ(holdProcesses("edge running 7 starts\n").dump(),
            R"([{"name":"edge","state":"running","pid":7,"starts":null,"generation":null,"ready":false}])");
}

}  // namespace
}  // namespace orbit::cli

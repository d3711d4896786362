#include <gtest/gtest.h>

#include "api/handler_fixture.h"

namespace orbit::api {
namespace {

// With an access log of two projects in the log store.
struct EdgeLog : Handler {
  EdgeLog() {
    logs = std::move(logs::Store::open({.folder = folder + "/store"}, clock)).value();
    logs::Batch batch;
    batch.add(false, false, 1, R"({"path":"/a","service":"shop.production.web"})");
    batch.add(false, false, 2, R"({"path":"/b","service":"blog.production.web"})");
    batch.add(false, false, 3, R"({"path":"/c","service":"shop.staging.web"})");
    logs->append(logs::edgeKey(), {"1", "edge", ""}, std::move(batch));
    handle = handler({.loop = loop,
                      .engine = *engine,
                      .stack = stack,
                      .store = store,
                      .traffic = traffic,
                      .deploy = deploy,
                      .alarms = alarms,
                      .secrets = secrets,
                      .contextsFolder = folder + "/contexts",
                      .stop = stop,
                      .logs = logs.get()});
  }
  // The paths of the requests that are told, in a folder without a compose file; else how it ended.
  std::string paths(const std::string& rest) {
    const Reply reply = send("POST", "/v1/logs", R"({"snapshot": {"workingDir": "/nowhere"}, )" + rest + "}");
    if (reply.outcome() != "ok") return reply.events("problem").at(0)["message"].asString();
    std::string all;
    for (const auto& line : reply.events("log")) {
      all += std::move(format::parseJson(line["text"].asString())).value()["path"].asString();
    }
    return all;
  }
  std::unique_ptr<logs::Store> logs;
};

TEST_F(EdgeLog, IsOfAllProjectsWhereThereIsNone) {
  EXPECT_EQ(paths(R"("services": ["edge"])"), "/a/b/c");
  EXPECT_EQ(paths(R"("services": ["edge"], "grep": "blog")"), "/b");
  EXPECT_EQ(paths(R"("services": ["edge"], "project": "shop")"), "/a/c");
  EXPECT_EQ(paths(R"("services": ["edge"], "project": "shop", "environment": "staging")"), "/c");
  EXPECT_EQ(paths(R"("services": ["edge"], "environment": "staging")"), "which project's staging is meant?");
  EXPECT_NE(paths(R"("services": ["web"])").find("There is no compose file"), std::string::npos);
}

}  // namespace
}  // namespace orbit::api

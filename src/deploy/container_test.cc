#include "deploy/container.h"

#include <gtest/gtest.h>

#include "deploy/deploy_fixture.h"
#include "model/secret_mark.h"

namespace orbit::deploy {
namespace {

const char* const kShop = R"(services:
  web:
    image: web:1
    ports: ["8000:8000"]
    environment: {KEY: "${API_KEY}", URL: "https://:${API_KEY}@api"}
    networks: {default: {aliases: [shop]}}
    x-orbit: {release: {check: "pytest -q"}}
  notes:
    image: notes:1
    ports: ["8002:8002"]
    volumes: [notes:/data, theirs:/theirs]
volumes: {notes: {}, theirs: {external: true, name: shared}}
)";

class ContainerTest : public ::testing::Test {
 protected:
  ContainerTest() {
    project::Production production;
    production.variables = {{"API_KEY", "", model::secretMark("API_KEY"), true, 2}};
    plan_ = requestOf(kShop, production).plan;
    state_.key = {"shop", "production"};
    state_.addresses = {{"web", "10.213.4.130"}, {"notes", "10.213.4.131"}};
    group_.number = 12;
    group_.services["web"].imageId = "sha256:web";
    group_.services["notes"].imageId = "sha256:notes";
  }
  InstanceInput input(const char* service, int number = 1, bool virtualAddresses = true) {
    return {.state = state_,
            .plan = plan_,
            .service = *plan_.find(service),
            .group = group_,
            .number = number,
            .home = "0190-home",
            .virtualAddresses = virtualAddresses,
            .secret = [this](const std::string& name) -> Result<std::string> {
              if (secretMissing_) return Error{.code = Code::kNotFound, .message = "no value"};
              return "secret of " + name;
            }};
  }
  model::ContainerSpec spec(const InstanceInput& of) {
    auto made = containerSpec(of);
    EXPECT_TRUE(made.ok());
    return made.ok() ? *made : model::ContainerSpec();
  }

  model::Deployment plan_;
  EnvironmentState state_;
  Group group_;
  bool secretMissing_ = false;
};

TEST_F(ContainerTest, LabelsTellWhoseItIs) {
  const auto labels = spec(input("web", 2)).labels;
  EXPECT_EQ(labels.at(kHomeLabel), "0190-home");
  EXPECT_EQ(labels.at(kProjectLabel), "shop");
  EXPECT_EQ(labels.at(kEnvironmentLabel), "production");
  EXPECT_EQ(labels.at(kServiceLabel), "web");
  EXPECT_EQ(labels.at(kReleaseLabel), "r12");
  EXPECT_EQ(labels.at(kInstanceLabel), "2");
  for (const auto& [name, value] : labels) EXPECT_FALSE(startsWith(name, "com.docker.compose")) << name;
}

TEST_F(ContainerTest, RunsTheImageThatWasMeantAndPublishesNothing) {
  const auto made = spec(input("web"));
  EXPECT_EQ(made.image, "sha256:web");
  EXPECT_TRUE(made.ports.empty());
  EXPECT_EQ(made.environment.at("ORBIT_RELEASE"), "r12");
  EXPECT_EQ(made.logDriver, "json-file");
}

TEST_F(ContainerTest, SecretsAreFilledInHereAndNowhereElse) {
  const InstanceInput web = input("web");
  EXPECT_EQ(*web.service.service.container.environment.at("KEY"), model::secretMark("API_KEY"));
  const auto made = spec(web);
  EXPECT_EQ(*made.environment.at("KEY"), "secret of API_KEY");
  EXPECT_EQ(*made.environment.at("URL"), "https://:secret of API_KEY@api");
  secretMissing_ = true;
  const auto refused = containerSpec(input("web"));
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().text().find("service web"), std::string::npos) << refused.error().text();
}

TEST_F(ContainerTest, KnowsTheOthersByTheirVirtualAddresses) {
  const auto made = spec(input("notes"));
  const auto has = [&](const std::string& host) {
    return std::find(made.extraHosts.begin(), made.extraHosts.end(), host) != made.extraHosts.end();
  };
  EXPECT_TRUE(has("web:10.213.4.130"));
  EXPECT_TRUE(has("shop:10.213.4.130"));
  EXPECT_TRUE(has("web.railway.internal:10.213.4.130"));
  EXPECT_TRUE(has("notes:10.213.4.131"));
  ASSERT_EQ(made.networks.size(), 1u);
  EXPECT_EQ(made.networks[0].network, "orbit.shop.production");
  EXPECT_TRUE(made.networks[0].aliases.empty());
}

TEST_F(ContainerTest, WithoutVirtualAddressesTheEnginesNamesCount) {
  const auto made = spec(input("web", 1, false));
  EXPECT_TRUE(made.extraHosts.empty());
  ASSERT_EQ(made.networks.size(), 1u);
  EXPECT_EQ(made.networks[0].aliases, (std::vector<std::string>{"web", "web.railway.internal", "shop"}));
}

TEST_F(ContainerTest, VolumesAreTheEnvironmentsOwn) {
  std::map<std::string, std::string> volumes;
  for (const auto& mount : spec(input("notes")).mounts) volumes[mount.target] = mount.source;
  EXPECT_EQ(volumes.at("/data"), "orbit.shop.production.notes");
  EXPECT_EQ(volumes.at("/theirs"), "shared");
}

TEST_F(ContainerTest, ATaskHasNoVolumesAndEnds) {
  const auto made = spec(input("notes", 0));
  EXPECT_TRUE(made.mounts.empty());
  EXPECT_EQ(made.restartPolicy, "no");
  EXPECT_FALSE(made.labels.contains(kInstanceLabel));
  EXPECT_FALSE(made.healthCheck.has_value());
  ASSERT_EQ(made.networks.size(), 1u);
  EXPECT_TRUE(made.networks[0].aliases.empty());
}

}  // namespace
}  // namespace orbit::deploy

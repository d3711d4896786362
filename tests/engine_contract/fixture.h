// What the contract suite runs on: the fake with a profile per API version on a simulated loop, or the machine's engine
// on a real one. Everything made carries a label of this process and is removed at the end of each test.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include "engine/engine.h"
#include "engine/fake.h"

namespace orbit::engine {

struct Backend {
  const char* name;
  const char* apiVersion;  // "" = the real engine
};
inline void PrintTo(const Backend& backend, std::ostream* out) {
  *out << backend.name;
}

inline constexpr char kImage[] = "redis:7-alpine";
inline constexpr char kLabel[] = "orbit-engine-contract";

class Contract : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    if (*GetParam().apiVersion != '\0') {
      loop_ = std::make_unique<net::Loop>(clock_);
      auto fake = FakeEngine::create(*loop_, 7, GetParam().apiVersion);
      fake_ = fake.get();
      engine_ = std::move(fake);
      ImageDetail detail;
      detail.command = {"redis-server"};
      detail.entrypoint = {"docker-entrypoint.sh"};
      detail.volumes = {"/data"};
      detail.exposedPorts = {"6379/tcp"};
      fake_->addImage(kImage, detail);
      return;
    }
    loop_ = std::make_unique<net::Loop>();
    engine_ = connectEngine(*loop_, {});
    const auto image = run(engine_->inspectImage(kImage, {}));
    if (!image.ok()) GTEST_SKIP() << "no engine with " << kImage << ": " << image.error().text();
  }

  void TearDown() override {
    const Labels own{{kLabel, mark()}};
    if (const auto all = run(engine_->listContainers(own, {})); all.ok()) {
      for (const auto& one : *all) EXPECT_TRUE(run(engine_->removeContainer(one.id, true, true, {})).ok());
    }
    if (const auto all = run(engine_->listNetworks(own, {})); all.ok()) {
      for (const auto& one : *all) EXPECT_TRUE(run(engine_->removeNetwork(one.id, {})).ok());
    }
    if (const auto all = run(engine_->listVolumes(own, {})); all.ok()) {
      for (const auto& one : *all) EXPECT_TRUE(run(engine_->removeVolume(one.name, {})).ok());
    }
  }

  template <class T>
  T run(net::Task<T> task) {
    return loop_->runTask(std::move(task));
  }
  Engine& engine() { return *engine_; }
  bool real() const { return fake_ == nullptr; }

  static std::string mark() { return std::to_string(::getpid()); }
  static std::string name(const std::string& what) { return "oec-" + mark() + "-" + what; }

  // A container that runs `script`; the fake behaves as told instead.
  model::ContainerSpec spec(const std::string& script, const FakeBehaviour& behaviour = {}) {
    model::ContainerSpec made;
    made.image = kImage;
    made.entrypoint = {"sh", "-c"};
    made.command = {script};
    made.labels = {{kLabel, mark()}};
    made.stopGrace = std::chrono::seconds(1);
    if (fake_ != nullptr) fake_->setBehaviour(kImage, behaviour);
    return made;
  }
  // Redis as the image starts it.
  model::ContainerSpec redis(const std::vector<std::string>& arguments = {}, const FakeBehaviour& behaviour = {}) {
    model::ContainerSpec made = spec("", behaviour);
    made.entrypoint.reset();
    made.command.reset();
    if (!arguments.empty()) {
      made.command = {"redis-server"};
      made.command->insert(made.command->end(), arguments.begin(), arguments.end());
    }
    return made;
  }
  static FakeBehaviour exits(int code, std::vector<std::string> log = {}) {
    FakeBehaviour behaviour;
    behaviour.exitsAfter = Duration(std::chrono::milliseconds(1));
    behaviour.exitCode = code;
    behaviour.log = std::move(log);
    return behaviour;
  }
  std::string created(const std::string& what, const model::ContainerSpec& made) {
    auto id = run(engine().createContainer(name(what), made, {}));
    EXPECT_TRUE(id.ok()) << id.error().text();
    return id.ok() ? *id : std::string();
  }
  std::string started(const std::string& what, const model::ContainerSpec& made) {
    const std::string id = created(what, made);
    const Status status = run(engine().startContainer(id, {}));
    EXPECT_TRUE(status.ok()) << status.error().text();
    return id;
  }
  std::string network(const std::string& what) {
    model::Network made;
    made.name = name(what);
    made.labels = {{kLabel, mark()}};
    auto id = run(engine().createNetwork(made, {}));
    EXPECT_TRUE(id.ok()) << id.error().text();
    return made.name;
  }
  net::Wait within(Duration span) const { return {loop_->clock().now() + span, nullptr}; }

  FakeClock clock_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<Engine> engine_;
  FakeEngine* fake_ = nullptr;
};

inline const auto kBackends = ::testing::Values(Backend{"Fake141", "1.41"}, Backend{"Fake144", "1.44"},
                                                Backend{"Fake152", "1.52"}, Backend{"Real", ""});
inline std::string backendName(const ::testing::TestParamInfo<Backend>& info) {
  return info.param.name;
}

}  // namespace orbit::engine

#define EXPECT_OK(expression)                            \
  do {                                                   \
    const auto& result_ = (expression);                  \
    EXPECT_TRUE(result_.ok()) << result_.error().text(); \
  } while (false)
#define EXPECT_CODE(expression, expected)                                                    \
  do {                                                                                       \
    const auto& result_ = (expression);                                                      \
    ASSERT_FALSE(result_.ok());                                                              \
    EXPECT_EQ(codeName(result_.error().code), codeName(expected)) << result_.error().text(); \
  } while (false)

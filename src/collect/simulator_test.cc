// The seeded simulator: containers that talk, die, start again and are removed, an engine that goes away and rotates, a
// daemon that is killed at any moment (its store is what was on disk just then), a clock that is set back. At the end
// every line that the engine still had is there once, in order, and where one is missing a gap says so. A failing seed
// replays: ORBIT_SEED=17 collect_test --gtest_filter='Simulator.*'.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "collect/collect.h"
#include "engine/fake.h"

namespace orbit::collect {
namespace {

using namespace std::chrono_literals;
using net::Task;

constexpr std::uint64_t kSeeds = 100;
constexpr const char* kHome = "0190-home";
const logs::Key kKey{"shop", "development", "web"};

class World {
 public:
  // The clock is set back in every second world, the engine rotates in the others: after both nobody can tell what is
  // new.
  explicit World(std::uint64_t seed)
      : steps_(seed % 2 == 0), random_(seed), loop_(clock_), engine_(engine::FakeEngine::create(loop_, seed)) {
    char name[] = "/tmp/orbit-collect-XXXXXX";
    base_ = ::mkdtemp(name);
    engine_->addImage("web:1");
  }
  ~World() { std::filesystem::remove_all(base_); }

  // What was said and must be found, in order, by container; what may be missing.
  struct Said {
    std::string id, name;
    std::vector<std::string> lines;
    bool rotated = false, running = false;
  };

  void run() { loop_.runTask(play()); }

 private:
  Task<void> play();
  void check();
  Task<void> oneStep();
  Task<void> create();
  void talk(Said& said, std::size_t lines);
  void startDaemon();
  void killDaemon();
  void stopDaemon();
  std::string folder() const { return base_ + "/" + std::to_string(life_); }

  struct Daemon {
    std::unique_ptr<logs::Store> store;
    std::unique_ptr<net::Cancel> cancel;
    std::unique_ptr<Collector> collector;
    std::unique_ptr<net::TaskGroup> tasks;
  };
  const bool steps_;
  Random random_;
  FakeClock clock_;
  net::Loop loop_;
  std::unique_ptr<engine::FakeEngine> engine_;
  std::string base_;
  int life_ = 0, number_ = 0;
  std::vector<Said> all_;
  Daemon daemon_;
};

void World::startDaemon() {
  daemon_.store = logs::Store::open({.folder = folder()}, clock_).value();
  daemon_.cancel = std::make_unique<net::Cancel>();
  daemon_.collector = std::make_unique<Collector>(Collector::Parts{loop_, *engine_, *daemon_.store, kHome});
  daemon_.tasks = std::make_unique<net::TaskGroup>(loop_);
  daemon_.tasks->add(daemon_.collector->run(*daemon_.cancel));
}

void World::stopDaemon() {
  daemon_.cancel->request();
  daemon_.tasks.reset();
  daemon_.collector.reset();
  daemon_.cancel.reset();
  daemon_.store.reset();
}

void World::killDaemon() {
  std::filesystem::copy(folder(), base_ + "/" + std::to_string(life_ + 1), std::filesystem::copy_options::recursive);
  stopDaemon();
  ++life_;
}

Task<void> World::create() {
  model::ContainerSpec spec;
  spec.image = "web:1";
  spec.labels = {{"orbit.home", kHome}, {"com.docker.compose.project", "shop"}, {"com.docker.compose.service", "web"}};
  const std::string name = "shop-web-" + std::to_string(++number_);
  auto id = co_await engine_->createContainer(name, spec, {});
  if (!id.ok()) co_return;
  Said said;
  said.id = *id;
  said.name = name;
  const Status started = co_await engine_->startContainer(*id, {});
  said.running = started.ok();
  all_.push_back(std::move(said));
}

void World::talk(Said& said, std::size_t lines) {
  for (std::size_t each = 0; each < lines; ++each) {
    const std::string line = said.name + " says " + std::to_string(said.lines.size()) + " in parts";
    clock_.stepWall(static_cast<std::int64_t>(random_.below(3)));  // some in the same microsecond
    const bool parts = random_.chance(0.1);
    // The engine stamps the two streams apart: times go back a little from one to the other.
    const bool isError = !parts && random_.chance(0.2);
    const std::int64_t timeUs = clock_.wallUs() - (isError ? static_cast<std::int64_t>(random_.below(4)) : 0);
    engine::LogRecord record{isError, timeUs, line, false};
    if (parts) {
      engine::LogRecord first{false, 0, line.substr(0, line.size() - 5), true};
      engine_->say(said.id, first);
      record.text = line.substr(line.size() - 5);
    }
    engine_->say(said.id, record);
    said.lines.push_back(line);
  }
}

Task<void> World::oneStep() {
  const std::uint64_t what = random_.below(100);
  if (what < 50 && !all_.empty()) {
    Said& said = all_[random_.below(all_.size())];
    if (said.running) talk(said, 1 + random_.below(40));
  } else if (what < 58) {
    if (all_.size() < 4) co_await create();
  } else if (what < 66 && !all_.empty()) {
    Said& said = all_[random_.below(all_.size())];
    if (said.running) {
      talk(said, random_.below(5));  // its last words
      const Status stopped = co_await engine_->stopContainer(said.id, {}, {});
      said.running = said.running && !stopped.ok();
    } else {
      const Status started = co_await engine_->startContainer(said.id, {});
      said.running = started.ok();
    }
  } else if (what < 70) {
    engine_->setDown(true);
    static_cast<void>(co_await loop_.sleep(std::chrono::milliseconds(random_.below(9000)), {}));
    engine_->setDown(false);
  } else if (what < 74) {
    killDaemon();
    if (random_.chance(0.5)) static_cast<void>(co_await loop_.sleep(std::chrono::seconds(random_.below(20)), {}));
    for (auto& said : all_) {
      if (said.running) talk(said, random_.below(30));
    }
    startDaemon();
  } else if (what < 76 && steps_) {
    clock_.stepWall(-static_cast<std::int64_t>(random_.below(1'500'000)));
  } else if (what < 78 && !steps_ && !all_.empty()) {
    Said& said = all_[random_.below(all_.size())];
    engine_->rotate(said.id, random_.below(20));
    said.rotated = true;
  }
  static_cast<void>(co_await loop_.sleep(std::chrono::milliseconds(random_.below(400)), {}));
  // The store's thread writes by the real clock, which stands still here: a search waits for it.
  static_cast<void>(daemon_.store->search({}));
}

Task<void> World::play() {
  startDaemon();
  for (int step = 0; step < 150; ++step) co_await oneStep();
  engine_->setDown(false);
  static_cast<void>(co_await loop_.sleep(90s, {}));
  check();
  stopDaemon();
}

void World::check() {
  auto search = daemon_.store->search({.keys = {kKey}}).value();
  std::map<std::string, std::vector<std::string>> found;
  std::set<std::string> gaps;
  for (auto batch = search->next(); batch.ok() && !batch->empty(); batch = search->next()) {
    for (const auto& entry : *batch) {
      if (entry.isNotice) {
        gaps.insert(entry.source().name);
      } else {
        found[entry.source().name].push_back(entry.text);
      }
    }
  }
  for (const auto& said : all_) {
    auto& lines = found[said.name];
    if (!said.rotated) {
      const auto [got, wanted] = std::mismatch(lines.begin(), lines.end(), said.lines.begin(), said.lines.end());
      EXPECT_EQ(lines.size(), said.lines.size());
      EXPECT_EQ(got == lines.end() ? "the end" : *got, wanted == said.lines.end() ? "the end" : *wanted) << said.name;
      continue;
    }
    // In order, none twice, none missing without a gap. A line cut in two by rotation may have lost its front.
    std::erase(lines, "parts");
    std::size_t next = 0, firstAt = 0;
    for (const auto& line : lines) {
      const auto at = std::find_if(said.lines.begin() + static_cast<std::ptrdiff_t>(next), said.lines.end(),
                                   [&](const std::string& each) { return each.starts_with(line); });
      ASSERT_NE(at, said.lines.end()) << said.name << ": " << line;
      if (next == 0) firstAt = static_cast<std::size_t>(at - said.lines.begin());
      next = static_cast<std::size_t>(at - said.lines.begin()) + 1;
    }
    // What was gone before anything of this log was read, or after the last that was, nobody can know of.
    const std::size_t expected = next - firstAt;
    if (!lines.empty() && lines.size() < expected) {
      EXPECT_TRUE(gaps.contains(said.name)) << said.name << ": " << expected - lines.size() << " of " << expected;
    }
  }
}

TEST(Simulator, EveryLineOnceAndInOrder) {
  const char* only = std::getenv("ORBIT_SEED");
  const char* many = std::getenv("ORBIT_RUNS");
  const std::uint64_t first = only != nullptr ? std::strtoull(only, nullptr, 10) : 1;
  const std::uint64_t runs = many != nullptr ? std::strtoull(many, nullptr, 10) : only != nullptr ? 1 : kSeeds;
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    SCOPED_TRACE("ORBIT_SEED=" + std::to_string(seed));
    World world(seed);
    world.run();
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace orbit::collect

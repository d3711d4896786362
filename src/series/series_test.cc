#include "series/series.h"

#include <gtest/gtest.h>

#include "series/limits.h"

namespace orbit::series {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;
constexpr std::int64_t kBeginUs = 29'000'000LL * kMinuteUs;  // a whole hour

// A folder in memory that can be full, and that dies in the middle of a write.
class FakeDisk final : public Disk {
 public:
  Result<std::vector<File>> list() const override {
    std::vector<File> all;
    for (const auto& [name, bytes] : files) all.push_back({name, bytes.size()});
    return all;
  }
  Result<std::string> read(const std::string& name, std::uint64_t offset, std::uint64_t size) const override {
    const auto found = files.find(name);
    if (found == files.end()) return Error{Code::kNotFound, "no " + name, "", {}, false};
    return offset >= found->second.size() ? std::string() : found->second.substr(offset, size);
  }
  Status write(const std::string& name, std::uint64_t offset, std::string_view bytes) override {
    if (full) return Error{Code::kNoSpace, "full", "", {}, true};
    std::string& file = files[name];
    file.resize(offset);
    file.append(cut(bytes));
    return dead();
  }
  Status sync(const std::string&) override { return dead(); }
  Status replace(const std::string& name, std::string_view bytes) override {
    if (full) return Error{Code::kNoSpace, "full", "", {}, true};
    if (cut(bytes).size() == bytes.size()) files[name] = bytes;
    return dead();
  }
  Status remove(const std::string& name) override {
    files.erase(name);
    return {};
  }
  bool died() const { return bytesLeft < 0; }

  std::map<std::string, std::string> files;
  bool full = false;
  std::int64_t bytesLeft = std::int64_t{1} << 60;  // until it dies

 private:
  std::string_view cut(std::string_view bytes) {
    const auto left = static_cast<std::size_t>(std::max<std::int64_t>(bytesLeft, 0));
    bytesLeft -= static_cast<std::int64_t>(bytes.size());
    return bytes.substr(0, std::min(left, bytes.size()));
  }
  Status dead() const {
    if (died()) return Error{Code::kIo, "dead", "", {}, false};
    return {};
  }
};

// An edge generation as its reader shows it: the whole of it, or what a reader that began later sees.
class Edge {
 public:
  explicit Edge(std::uint64_t generation) { all_.generation = generation; }
  void answer(const std::string& service, int status, std::uint64_t latencyUs, std::uint64_t count = 1) {
    signal::SeriesTotals& totals = of(service);
    totals.counters.byClass[static_cast<std::size_t>(status) / 100] += count;
    totals.counters.byOutcome[0] += count;
    if (status >= 500) totals.counters.errors += count;
    totals.latency.add(latencyUs, count);
    sent += count;
    if (status >= 500) errors += count;
    latencies.add(latencyUs, count);
  }
  // A page view's report.
  void vital(const std::string& service, const std::string& instance, std::uint64_t value) {
    signal::SeriesTotals& totals = of({signal::Key::Kind::kVital, "r-" + service, service, "r1", instance});
    ++totals.counters.byClass[2];
    ++totals.counters.byOutcome[0];
    totals.latency.add(value);
  }
  // Its histograms were idle and are given back.
  void giveBack() {
    for (auto& one : all_.series) one.given = one.latency;
  }
  const signal::Snapshot& snapshot() const { return all_; }
  // As a reader sees it that began just now.
  void seenAnew() {
    for (auto& one : all_.series) {
      one.latency = one.latency.since(one.given);
      one.given = signal::Histogram();
    }
  }
  std::uint64_t sent = 0, errors = 0;
  signal::Histogram latencies;

 private:
  signal::SeriesTotals& of(const std::string& service) {
    return of({signal::Key::Kind::kRequest, "r-" + service, service, "r1", ""});
  }
  signal::SeriesTotals& of(const signal::Key& key) {
    for (auto& one : all_.series) {
      if (one.key == key) return one;
    }
    all_.series.push_back({key, {}, {}, {}});
    return all_.series.back();
  }
  signal::Snapshot all_;
};

bool everything(const Key&, Key& name) {
  name = Key();
  return true;
}

class SeriesTest : public ::testing::Test {
 protected:
  void start() { recorder_ = std::make_unique<Recorder>(disk_); }
  void write() { recorder_->done(run(disk_, recorder_->actions())); }
  void tick(std::initializer_list<const Edge*> edges, Duration span = std::chrono::seconds(1)) {
    now_ += span;
    wallUs_ += std::chrono::duration_cast<std::chrono::microseconds>(span).count();
    for (const Edge* edge : edges) recorder_->take(edge->snapshot());
    recorder_->tick(wallUs_, now_);
    write();
  }
  Answer ask(std::int64_t fromUs, std::int64_t toUs, std::int64_t stepUs = 0) {
    return answer(disk_, recorder_->reading({fromUs, toUs, stepUs, everything}, wallUs_));
  }
  Value all(std::int64_t backUs = 0) {
    const Answer whole = ask(backUs == 0 ? kBeginUs : wallUs_ - backUs, wallUs_ + kMinuteUs);
    return whole.slots[0].values.empty() ? Value() : whole.slots[0].values.begin()->second;
  }

  FakeDisk disk_;
  std::unique_ptr<Recorder> recorder_;
  std::int64_t wallUs_ = kBeginUs + 500'000;
  Instant now_{std::chrono::hours(1)};
};

TEST_F(SeriesTest, MinutesHoldWhatTheEdgeCounted) {
  Edge edge(1);
  edge.answer("shop.production.web", 200, 1000, 77);
  start();
  tick({&edge});  // its past
  edge.answer("shop.production.web", 200, 20'000, 90);
  edge.answer("shop.production.web", 503, 2'000'000, 10);
  tick({&edge});
  for (int i = 0; i < 70; ++i) tick({&edge});
  edge.answer("shop.production.web", 200, 30'000, 5);
  tick({&edge});
  const Answer minutes = ask(kBeginUs, wallUs_, kMinuteUs);
  ASSERT_EQ(minutes.slots.size(), 2u);
  const Value& first = minutes.slots[0].values.at(Key());
  EXPECT_EQ(first.counters.count(), 100u);
  EXPECT_EQ(first.counters.errors, 10u);
  EXPECT_NEAR(static_cast<double>(first.latency.quantile(0.5)), 20'000, 200);
  EXPECT_NEAR(static_cast<double>(first.latency.quantile(0.99)), 2'000'000, 20'000);
  EXPECT_FALSE(minutes.slots[0].gap());
  EXPECT_EQ(minutes.slots[1].values.at(Key()).counters.count(), 5u);
  const auto named = recorder_->reading({kBeginUs, wallUs_, 0,
                                         [](const Key& key, Key& name) {
                                           name = key;
                                           return key.project == "shop" && key.service == "web" &&
                                                  key.route == "r-shop.production.web";
                                         }},
                                        wallUs_);
  EXPECT_EQ(answer(disk_, named).slots[0].values.begin()->second.counters.count(), 105u);
}

TEST_F(SeriesTest, RestartsCountNothingTwiceAndLoseNothing) {
  Edge edge(1);
  start();
  tick({&edge});
  for (int second = 0; second < 300; ++second) {
    edge.answer("web", second % 10 == 0 ? 500 : 200, 1000 + static_cast<std::uint64_t>(second) * 100, 3);
    if (second % 37 == 0) {
      edge.seenAnew();
      start();
    }
    tick({&edge});
  }
  const Value value = all();
  EXPECT_EQ(value.counters.count(), edge.sent);
  EXPECT_EQ(value.counters.errors, edge.errors);
  EXPECT_EQ(value.latency, edge.latencies);
  EXPECT_TRUE(recorder_->problems().empty());
}

TEST_F(SeriesTest, VitalsAreSeriesOfTheirOwnOverRestarts) {
  Edge edge(1);
  start();
  tick({&edge});
  for (int view = 0; view < 20; ++view) {
    edge.answer("shop.production.web", 200, 1000);
    edge.vital("shop.production.web", "LCP /orders/:id", 1'500'000);
    edge.vital("shop.production.web", "LCP from cache /orders/:id", 90'000);
    if (view % 7 == 6) {
      edge.seenAnew();
      start();
    }
    tick({&edge});
  }
  EXPECT_TRUE(recorder_->problems().empty());
  const auto itself = [](const Key& key, Key& name) {
    name = key;
    return true;
  };
  const Answer whole = answer(disk_, recorder_->reading({kBeginUs, wallUs_ + kMinuteUs, 0, itself}, wallUs_));
  const auto& values = whole.slots.at(0).values;
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(
      values.at({Kind::kRequests, "", "shop", "production", "web", "r-shop.production.web", "r1", ""}).counters.count(),
      20u);
  const Value& views = values.at({Kind::kTimes, "LCP", "shop", "production", "web", "", "r1", "/orders/:id"});
  EXPECT_EQ(views.latency.count(), 20u);
  EXPECT_NEAR(static_cast<double>(views.latency.quantile(0.75)), 1'500'000, 15'000);
  EXPECT_EQ(values.count({Kind::kTimes, "LCP from cache", "shop", "production", "web", "", "r1", "/orders/:id"}), 1u);
}

TEST_F(SeriesTest, HistogramsThatWereGivenBackAreNotMissed) {
  Edge edge(1);
  start();
  tick({&edge});
  edge.answer("web", 200, 1000, 50);
  tick({&edge});
  edge.giveBack();
  edge.answer("web", 200, 1000, 7);
  tick({&edge});
  edge.answer("web", 200, 1000, 4);
  edge.seenAnew();  // the new reader sees 11 of 61
  start();
  tick({&edge});
  EXPECT_EQ(all().latency.count(), 61u);
  EXPECT_EQ(all().counters.count(), 61u);
}

TEST_F(SeriesTest, NoRecordIsAGapAndADownTimeIsTold) {
  Edge edge(1);
  start();
  for (int i = 0; i < 61; ++i) tick({&edge});
  wallUs_ += 10 * kMinuteUs;
  now_ += std::chrono::minutes(10);
  start();
  edge.answer("web", 200, 1000, 8);
  tick({&edge});
  const Answer minutes = ask(kBeginUs, wallUs_, kMinuteUs);
  EXPECT_FALSE(minutes.slots[0].gap());
  EXPECT_TRUE(minutes.slots[5].gap());
  EXPECT_EQ(minutes.slots[5].observedMs, 0u);
  std::uint64_t sum = 0;
  for (const Slot& slot : minutes.slots) {
    for (const auto& [key, value] : slot.values) sum += value.counters.count();
  }
  EXPECT_EQ(sum, 8u);
  ASSERT_EQ(recorder_->marks().size(), 2u);
  EXPECT_EQ(recorder_->marks()[1].kind, Mark::Kind::kStart);
  EXPECT_NEAR(static_cast<double>(recorder_->marks()[1].detail), 601'000, 1'000);
}

TEST_F(SeriesTest, AnEndThatWasOrderlyIsKnownToTheNext) {
  Edge edge(1);
  start();
  EXPECT_EQ(recorder_->before().wallUs, 0);
  tick({&edge});
  start();
  EXPECT_TRUE(recorder_->before().wallUs == wallUs_ && !recorder_->before().stopped) << "killed";
  tick({&edge});
  recorder_->stop(wallUs_);
  write();
  start();
  EXPECT_TRUE(recorder_->before().stopped);
  tick({&edge});  // at once: no start is marked
  start();
  EXPECT_FALSE(recorder_->before().stopped) << "killed after that";
}

TEST_F(SeriesTest, ClockStepsAreToldAndCountNothingTwice) {
  Edge edge(1);
  start();
  for (int second = 0; second < 400; ++second) {
    edge.answer("web", 200, 1000, 2);
    if (second == 100) wallUs_ -= 150'000'000;
    if (second == 250) wallUs_ += 400'000'000;
    if (second % 90 == 0 && second > 0) start();
    tick({&edge});
  }
  const Answer whole = ask(kBeginUs - 10 * kMinuteUs, wallUs_ + kMinuteUs);
  EXPECT_EQ(whole.slots[0].values.at(Key()).counters.count(), edge.sent - 2) << "all but its past";
  const auto steps = std::count_if(recorder_->marks().begin(), recorder_->marks().end(),
                                   [](const Mark& mark) { return mark.kind == Mark::Kind::kStep; });
  EXPECT_EQ(steps, 2);
}

TEST_F(SeriesTest, AFullDiskIsWaitedFor) {
  Edge edge(1);
  start();
  tick({&edge});
  disk_.full = true;
  for (int i = 0; i < 200; ++i) {
    edge.answer("web", 200, 1000);
    tick({&edge});
  }
  EXPECT_FALSE(recorder_->writes());
  EXPECT_EQ(recorder_->problems().size(), 1u);
  EXPECT_EQ(all().counters.count(), edge.sent) << "from memory";
  disk_.full = false;
  tick({&edge});
  EXPECT_TRUE(recorder_->writes());
  edge.seenAnew();
  start();
  tick({&edge});
  EXPECT_EQ(all().counters.count(), edge.sent);
}

TEST_F(SeriesTest, ATornFileCostsItsTail) {
  Edge edge(1);
  start();
  tick({&edge});
  for (int i = 0; i < 600; ++i) {
    edge.answer("web", 200, 1000);
    tick({&edge});
  }
  const std::string name = fileOf(kAllTiers[kMinutes], kBeginUs / kMinuteUs);
  std::string& file = disk_.files.at(name);
  file.resize(file.size() - 5);
  start();
  EXPECT_EQ(recorder_->problems().size(), 1u);
  tick({&edge});
  EXPECT_EQ(all().counters.count(), edge.sent) << "it was in progress still";
  const Record third = scan(disk_, name, file.size())->records[3];
  file[third.offset + kHeadBytes + 2] ^= 1;
  start();
  tick({&edge});
  const Answer minutes = ask(kBeginUs, wallUs_, kMinuteUs);
  EXPECT_EQ(minutes.damaged, 1u);
  disk_.files["progress"] = "nonsense";
  start();
  tick({&edge});
  EXPECT_EQ(ask(kBeginUs, wallUs_, kMinuteUs).damaged, 1u) << "and what was recorded stays";
}

TEST_F(SeriesTest, TiersHoldTheSame) {
  Edge edge(1);
  start();
  tick({&edge});
  Random random(5);
  for (int minute = 0; minute < 180; ++minute) {
    for (int i = 0; i < 20; ++i) edge.answer("web", random.chance(0.1) ? 500 : 200, 1000 + random.below(1'000'000));
    tick({&edge}, std::chrono::seconds(4));
    for (int i = 0; i < 14; ++i) tick({}, std::chrono::seconds(4));
    if (minute % 50 == 49) {
      edge.seenAnew();
      start();
    }
  }
  const Value minutes = all();
  for (const std::int64_t days : {10, 100}) {
    wallUs_ += (days - 1) * 24 * 60 * kMinuteUs;  // asked so much later
    const Answer coarser = ask(kBeginUs, wallUs_);
    EXPECT_EQ(coarser.periodUs, days == 10 ? 5 * kMinuteUs : 60 * kMinuteUs);
    const Value value = coarser.slots[0].values.at(Key());
    EXPECT_EQ(value.counters, minutes.counters);
    EXPECT_EQ(value.latency.count(), minutes.latency.count());
    for (const double q : {0.01, 0.5, 0.9, 0.99}) {
      const auto exact = static_cast<double>(minutes.latency.quantile(q));
      EXPECT_NEAR(static_cast<double>(value.latency.quantile(q)), exact, 0.06 * exact);
    }
  }
}

TEST(Coarse, IsWithinFivePercentAndStays) {
  for (std::uint64_t value = 1; value < 30'000'000'000; value += 1 + value / 50) {
    signal::Histogram fine;
    fine.add(value);
    const signal::Histogram rough = coarse(fine);
    const auto exact = static_cast<double>(value);
    ASSERT_NEAR(static_cast<double>(rough.quantile(0.5)), exact, 0.05 * exact + 1e-9);
    ASSERT_EQ(coarse(rough), rough);
  }
}

// Dies at every byte it might, starts again, and goes on: whatever happens, each request is counted once.
TEST(SeriesSimulation, ExactOverEveryCrash) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    FakeDisk disk;
    auto recorder = std::make_unique<Recorder>(disk);
    std::vector<Edge> edges(1, Edge(1));
    std::int64_t wallUs = kBeginUs;
    Instant now{std::chrono::hours(1)};
    recorder->tick(wallUs, now);
    recorder->done(run(disk, recorder->actions()));
    disk.bytesLeft = static_cast<std::int64_t>(random.below(4'000));
    for (int step = 0; step < 600; ++step) {
      const std::int64_t pass = random.chance(0.02) ? 70'000'000 : 1'000'000;
      wallUs += pass + (random.chance(0.01) ? -30'000'000 + static_cast<std::int64_t>(random.below(60'000'000)) : 0);
      now += std::chrono::microseconds(pass);
      if (random.chance(0.01)) edges.emplace_back(edges.size() + 1);
      for (std::uint64_t i = random.below(5); i > 0; --i) {
        edges[random.below(edges.size())].answer("s" + std::to_string(random.below(4)), random.chance(0.2) ? 500 : 200,
                                                 1 + random.below(100'000));
      }
      for (const Edge& edge : edges) recorder->take(edge.snapshot());
      if (random.chance(0.3)) recorder->gauge({Kind::kGauge, "load", "", "", "", "", "", ""}, 7);
      recorder->tick(wallUs, now);
      if (random.chance(0.2)) continue;  // ticks and writes have their own rhythms
      disk.full = random.chance(0.05);
      const Outcome outcome = run(disk, recorder->actions());
      if (!disk.died()) {
        recorder->done(outcome);
        // Idle for ten minutes: all of it was told long ago.
        if (outcome.status.ok() && random.chance(0.05)) edges[random.below(edges.size())].giveBack();
        continue;
      }
      disk.bytesLeft = static_cast<std::int64_t>(random.below(6'000));
      for (Edge& edge : edges) edge.seenAnew();
      recorder = std::make_unique<Recorder>(disk);
    }
    disk.full = false;
    disk.bytesLeft = std::int64_t{1} << 60;
    for (const Edge& edge : edges) recorder->take(edge.snapshot());
    recorder->tick(wallUs += 1'000'000, now += std::chrono::seconds(1));
    recorder->done(run(disk, recorder->actions()));
    ASSERT_TRUE(recorder->writes());
    recorder = std::make_unique<Recorder>(disk);  // and once more: it is all on disk
    const Answer whole = answer(disk, recorder->reading({kBeginUs - 100 * kMinuteUs, wallUs + 100 * kMinuteUs, 0,
                                                         [](const Key& key, Key& name) {
                                                           name = Key();
                                                           return key.kind == Kind::kRequests;
                                                         }},
                                                        wallUs));
    std::uint64_t sent = 0, errors = 0;
    signal::Histogram latencies;
    for (const Edge& edge : edges) {
      sent += edge.sent;
      errors += edge.errors;
      latencies.merge(edge.latencies);
    }
    const Value value = whole.slots[0].values.at(Key());
    EXPECT_EQ(value.counters.count(), sent);
    EXPECT_EQ(value.counters.errors, errors);
    EXPECT_EQ(value.latency, latencies);
    EXPECT_EQ(whole.damaged, 0u);
  }
}

}  // namespace
}  // namespace orbit::series

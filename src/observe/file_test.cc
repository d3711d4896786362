// From an edge's file to windows: an old edge drains beside a new one, histograms are given back, and every sample is
// in exactly one tick.
#include <gtest/gtest.h>

#include <filesystem>

#include "observe/observe.h"

namespace orbit::observe {
namespace {

TEST(FileToWindows, EverySampleIsInOneTick) {
  char name[] = "/tmp/orbit-observe-XXXXXX";
  ASSERT_NE(mkdtemp(name), nullptr);
  const std::string folder = name;
  const auto edge = [&](std::uint64_t generation) {
    signal::WriterOptions options;
    options.path = folder + "/" + std::to_string(generation);
    options.generation = generation;
    options.workers = 2;
    options.histogramsMax = 2;  // of three series: they change hands
    return signal::Writer::create(options).value();
  };
  const auto old = edge(1), fresh = edge(2);
  const auto oldReader = signal::Reader::open(folder + "/1").value();
  const auto freshReader = signal::Reader::open(folder + "/2").value();
  Windows windows{Windows::Limits{}};
  windows.endTick(0);
  Random random(1);
  std::map<std::string, std::uint64_t> said;
  std::int64_t nowUs = 0;
  for (int tick = 1; tick <= 120; ++tick) {
    const std::string release = "r" + std::to_string(tick / 40);
    std::map<std::string, std::uint64_t> inTick;
    for (int i = 0; i < 50; ++i) {
      signal::Writer& writer = tick < 60 && random.chance(0.5) ? *old : *fresh;
      signal::WorkerWriter& worker = writer.worker(static_cast<unsigned>(random.below(2)));
      signal::Sample sample;
      sample.status = random.chance(0.1) ? 503 : 200;
      sample.latencyUs = 1 + random.below(10'000);
      worker.count(worker.series({signal::Key::Kind::kAttempt, "route", "web", release, "i"}), sample);
      ++inTick[release];
    }
    if (tick == 60) old->finish();
    nowUs += 60'000'000;
    for (const auto* writer : {&old, &fresh}) {
      for (unsigned worker = 0; worker < 2; ++worker) (*writer)->worker(worker).tick(nowUs);
    }
    if (tick <= 60) windows.take(oldReader->snapshot());
    windows.take(freshReader->snapshot());
    windows.endTick(nowUs);
    const std::vector<Window> split = windows.byRelease("web", signal::Key::Kind::kAttempt, 1);
    ASSERT_EQ(split.size(), 1U) << tick;
    EXPECT_EQ(split[0].counters.count(), inTick[release]);
    EXPECT_EQ(split[0].latency.count(), inTick[release]);
    EXPECT_FALSE(split[0].gap) << tick;
    said[release] += inTick[release];
  }
  const Window all = windows.sum({signal::Key::Kind::kAttempt, "", "web", "", ""}, 120);
  EXPECT_EQ(all.counters.count(), 6000U);
  EXPECT_EQ(all.latency.count(), 6000U);
  for (const Window& one : windows.byRelease("web", signal::Key::Kind::kAttempt, 120)) {
    EXPECT_EQ(one.counters.count(), said[one.key.release]);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace orbit::observe

// Taking up a log again: nothing twice, nothing left out, and a gap where the engine has less than it had.
#include "collect/resume.h"

#include <gtest/gtest.h>

namespace orbit::collect {
namespace {

engine::LogRecord at(std::int64_t timeUs, std::string text) {
  return {false, timeUs, std::move(text), false};
}

logs::Position after(const std::vector<engine::LogRecord>& records) {
  logs::Position position;
  for (const auto& record : records) position.note(record.timeUs, logs::fingerprint(record.isError, record.text));
  return position;
}

struct Outcome {
  std::vector<std::string> texts;
  std::optional<Resume::Gap> gap;
};

Outcome read(Resume& resume, const std::vector<engine::LogRecord>& records) {
  Outcome out;
  const auto keep = [&out](const std::vector<engine::LogRecord>& fresh) {
    for (const auto& each : fresh) out.texts.push_back(each.text);
  };
  for (const auto& record : records) {
    if (record.timeUs >= resume.sinceUs()) keep(resume.take(record, out.gap));
  }
  keep(resume.finish(out.gap));
  return out;
}

using Texts = std::vector<std::string>;
const std::int64_t kT = 1'800'000'000'000'000;

TEST(Resume, FromNothingEverythingIsNew) {
  Resume resume({});
  EXPECT_EQ(resume.sinceUs(), 0);
  EXPECT_EQ(read(resume, {at(kT, "a"), at(kT, "b")}).texts, (Texts{"a", "b"}));
}

TEST(Resume, RecordsOfTheSameTimeAreToldApart) {
  const std::vector<engine::LogRecord> all{at(kT, "a"), at(kT + 5, "b"), at(kT + 5, "b"), at(kT + 5, "c"),
                                           at(kT + 9, "d")};
  for (std::size_t taken = 1; taken <= all.size(); ++taken) {
    Resume resume(after({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(taken)}));
    const Outcome out = read(resume, all);
    EXPECT_EQ(out.texts.size(), all.size() - taken) << taken;
    EXPECT_FALSE(out.gap) << taken;
  }
}

TEST(Resume, MoreOfOneTimeThanAreRemembered) {
  std::vector<engine::LogRecord> all;
  for (int each = 0; each < 300; ++each) all.push_back(at(kT, "line " + std::to_string(each % 7)));
  Resume resume(after({all.begin(), all.begin() + 200}));
  EXPECT_EQ(read(resume, all).texts.size(), 100U);
}

TEST(Resume, WhatWasRotatedAwayIsAGap) {
  Resume resume(after({at(kT, "a"), at(kT + 1, "b")}));
  const Outcome out = read(resume, {at(kT + 50, "x"), at(kT + 51, "y")});
  EXPECT_EQ(out.texts, (Texts{"x", "y"}));
  ASSERT_TRUE(out.gap);
  EXPECT_EQ(out.gap->fromUs, kT + 1);
  EXPECT_EQ(out.gap->untilUs, kT + 50);
}

TEST(Resume, AClockSetBackWhileNobodyReadLosesNothing) {
  const std::vector<engine::LogRecord> all{at(kT, "a"), at(kT + 100, "b"), at(kT - 1'000'000, "c"), at(kT + 200, "d")};
  Resume resume(after({all.begin(), all.begin() + 2}));
  EXPECT_EQ(read(resume, all).texts, (Texts{"c", "d"}));
}

TEST(Resume, AClockSetBackBeforeTheLastRecordDoublesNothing) {
  const std::vector<engine::LogRecord> all{at(kT, "a"), at(kT + 100, "b"), at(kT + 50, "c"), at(kT + 60, "d")};
  Resume resume(after({all.begin(), all.begin() + 3}));
  const Outcome out = read(resume, all);
  EXPECT_EQ(out.texts, Texts{"d"});
  EXPECT_FALSE(out.gap);
}

TEST(Resume, StreamsAreStampedApart) {
  const std::vector<engine::LogRecord> all{at(kT, "out 1"),     at(kT + 5, "out 2"), at(kT, "err 1"),
                                           at(kT + 5, "out 3"), at(kT + 3, "err 2"), at(kT + 9, "out 4")};
  for (std::size_t taken = 1; taken <= all.size(); ++taken) {
    Resume resume(after({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(taken)}));
    const Outcome out = read(resume, all);
    EXPECT_EQ(out.texts.size(), all.size() - taken) << taken;
    EXPECT_FALSE(out.gap) << taken;
  }
}

TEST(Resume, RotatedInTheMiddleOfAMicrosecond) {
  const std::vector<engine::LogRecord> all{at(kT, "a"), at(kT, "b"), at(kT, "c"), at(kT, "d"), at(kT + 1, "e")};
  Resume resume(after({all.begin(), all.begin() + 3}));
  const Outcome out = read(resume, {all.begin() + 1, all.end()});
  EXPECT_EQ(out.texts, (Texts{"d", "e"}));
  EXPECT_FALSE(out.gap);
  Resume lost(after({all.begin(), all.begin() + 3}));
  const Outcome less = read(lost, {all.begin() + 3, all.end()});
  EXPECT_EQ(less.texts, (Texts{"d", "e"}));
  EXPECT_TRUE(less.gap);
}

TEST(Resume, NothingNewIsNoGap) {
  const std::vector<engine::LogRecord> all{at(kT, "a")};
  Resume resume(after(all));
  const Outcome out = read(resume, all);
  EXPECT_TRUE(out.texts.empty());
  EXPECT_FALSE(out.gap);
}

}  // namespace
}  // namespace orbit::collect

// A signal file of a test, small, in a folder of its own. For the unit tests of signal.
#pragma once
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "signal/signal.h"

namespace orbit::signal {

class SignalFile : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/orbit-signal-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    options_.path = folder_ + "/signal";
    options_.generation = 42;
    options_.seriesMax = 64;
    options_.histogramsMax = 4;
    options_.ringCells = 512;
  }

  std::unique_ptr<Writer> writer() {
    auto made = Writer::create(options_);
    EXPECT_TRUE(made.ok());
    return made.ok() ? std::move(made).value() : nullptr;
  }
  std::unique_ptr<Reader> reader() {
    auto made = Reader::open(options_.path);
    EXPECT_TRUE(made.ok());
    return made.ok() ? std::move(made).value() : nullptr;
  }
  static Key key(const std::string& release, Key::Kind kind = Key::Kind::kAttempt) {
    return Key{kind, "web", "web", release, kind == Key::Kind::kAttempt ? release + ".1" : ""};
  }
  static Sample answer(int status, std::uint64_t latencyUs) {
    Sample sample;
    sample.status = status;
    sample.latencyUs = latencyUs;
    sample.bytesOut = 10;
    return sample;
  }
  static Sample outcome(Outcome how, int status = 0) {
    Sample sample = answer(status, 7);
    sample.outcome = how;
    return sample;
  }

  std::string folder_;
  WriterOptions options_;
};

}  // namespace orbit::signal

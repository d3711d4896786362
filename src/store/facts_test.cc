#include <gtest/gtest.h>

#include "store/database.h"
#include "support/store_folder.h"

namespace orbit::store {
namespace {

namespace fs = std::filesystem;

Fact fact(int group, const std::string& kind, const std::string& sealed = "") {
  return {"shop", "production", group, 100 + group, kind, R"({"n":1})", sealed};
}

class Facts : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    auto opened = Store::open(folder_.at("home"), clock_);
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    store_ = std::move(*opened);
  }
  Status add(Fact one) {
    return now([&](auto done) { store_->addFact(std::move(one), done); });
  }
  std::string told() {
    std::string all;
    const auto facts = std::move(store_->facts()).value();
    for (const auto& one : facts) {
      all += one.kind + std::to_string(one.group) + " ";
      EXPECT_EQ(one.sealed, "");
    }
    return all;
  }
  std::string sealed(int group) {
    const auto text = store_->sealedFact("shop", "production", group);
    return text.ok() ? *text : std::string(codeName(text.error().code));
  }

  const Folder folder_;
  const FakeClock clock_;
  std::unique_ptr<Store> store_;
};

TEST_F(Facts, ComeBackOldestFirstAfterARestart) {
  ASSERT_TRUE(add(fact(2, "started")).ok());
  ASSERT_TRUE(add(fact(1, "started")).ok());
  Fact other = fact(2, "elsewhere");
  other.environment = "preview/x";
  ASSERT_TRUE(add(other).ok());
  ASSERT_TRUE(add(fact(2, "live")).ok());
  open();
  EXPECT_EQ(told(), "started2 started1 elsewhere2 live2 ");
  const auto facts = std::move(store_->facts()).value();
  EXPECT_EQ(facts[2].environment, "preview/x");
  EXPECT_EQ(facts[0].body, R"({"n":1})");
  EXPECT_EQ(facts[0].atUs, 102);
  EXPECT_EQ(facts[0].project, "shop");
}

TEST_F(Facts, KeepATextSealed) {
  ASSERT_TRUE(add(fact(1, "started", "files with hunter2-hunter2 in them")).ok());
  ASSERT_TRUE(add(fact(1, "built")).ok());
  EXPECT_EQ(sealed(1), "files with hunter2-hunter2 in them");
  ASSERT_TRUE(add(fact(1, "planned", "newer")).ok());
  EXPECT_EQ(sealed(1), "newer");
  EXPECT_EQ(sealed(2), "not_found");
  std::string files;
  for (const auto& entry : fs::directory_iterator(folder_.at("home"))) files += contentOf(entry.path().string());
  EXPECT_NE(files.find("started"), std::string::npos);
  EXPECT_EQ(files.find("hunter2"), std::string::npos);
}

TEST_F(Facts, AForgottenGroupIsGoneWithItsText) {
  for (int group = 1; group <= 3; ++group) ASSERT_TRUE(add(fact(group, "started", "text")).ok());
  Fact other = fact(1, "elsewhere", "kept");
  other.project = "blog";
  ASSERT_TRUE(add(other).ok());
  ASSERT_TRUE(now([&](auto done) { store_->forgetFacts("shop", "production", {1, 3, 77}, done); }).ok());
  EXPECT_EQ(told(), "started2 elsewhere1 ");
  EXPECT_EQ(sealed(1), "not_found");
  EXPECT_EQ(sealed(2), "text");
  EXPECT_EQ(*store_->sealedFact("blog", "production", 1), "kept");
}

TEST_F(Facts, ATextOfAnotherGroupDoesNotOpenAndALostKeyIsTold) {
  ASSERT_TRUE(add(fact(1, "started", "one")).ok());
  ASSERT_TRUE(add(fact(2, "started", "two")).ok());
  store_.reset();
  {
    auto database = std::move(Database::open(folder_.at("home/state.db"), false)).value();
    ASSERT_TRUE(database.execute("UPDATE fact SET sealed = (SELECT sealed FROM fact WHERE deploy = 1)").ok());
  }
  open();
  EXPECT_EQ(sealed(1), "one");
  EXPECT_EQ(sealed(2), "invalid");
  fs::remove(folder_.at("home/key"));
  EXPECT_EQ(sealed(1), "invalid");
  EXPECT_EQ(add(fact(3, "started", "three")).error().code, Code::kInvalid);
  EXPECT_TRUE(add(fact(3, "started")).ok());
  EXPECT_EQ(told(), "started1 started2 started3 ");
}

TEST_F(Facts, TooLongAFactIsRefusedAndLeavesNoDoubt) {
  Fact wordy = fact(1, "started");
  wordy.body = std::string(1024 * 1024 + 1, 'x');
  EXPECT_EQ(add(wordy).error().code, Code::kLimit);
  EXPECT_TRUE(add(fact(1, "started")).ok());
}

}  // namespace
}  // namespace orbit::store

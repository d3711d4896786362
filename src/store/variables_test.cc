#include <gtest/gtest.h>
#include <sys/stat.h>

#include "store/database.h"
#include "support/store_folder.h"

namespace orbit::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPassword = "correct-horse-battery-staple";

Variable secret(const std::string& name, const std::string& value, const std::string& service = "") {
  return {.project = "shop",
          .environment = "production",
          .service = service,
          .name = name,
          .secret = true,
          .version = 0,
          .value = value,
          .setUs = 7};
}
Variable plain(const std::string& name, const std::string& value) {
  Variable variable = secret(name, value);
  variable.secret = false;
  return variable;
}

class Variables : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    auto opened = Store::open(folder_.at("home"), clock_);
    ASSERT_TRUE(opened.ok()) << opened.error().text();
    store_ = std::move(*opened);
  }
  Status set(std::vector<Variable> variables) {
    return now([&](auto done) { store_->setVariables(std::move(variables), done); });
  }
  Status unset(const std::vector<std::string>& names, const std::string& service = "") {
    return now([&](auto done) { store_->unsetVariables("shop", "production", service, names, done); });
  }
  Status revoke(const std::vector<std::string>& names) {
    return now([&](auto done) { store_->revokeVariables("shop", "production", "", names, done); });
  }
  Result<Variable> read(const std::string& name, int version = 0, const std::string& service = "") {
    return store_->secret("shop", "production", service, name, version);
  }
  // "value@version"
  std::string told(const std::string& name, int version = 0) {
    const auto variable = read(name, version);
    return variable.ok() ? variable->value + "@" + std::to_string(variable->version) : variable.error().message;
  }
  // Changes the file behind the store's back.
  void edit(const std::string& sql) {
    store_.reset();
    {
      auto database = std::move(Database::open(folder_.at("home/state.db"), false)).value();
      ASSERT_TRUE(database.execute(sql).ok());
    }
    open();
  }
  std::string keyPath() const { return folder_.at("home/key"); }
  std::string filesText() const {
    std::string all;
    for (const auto& entry : fs::directory_iterator(folder_.at("home"))) all += contentOf(entry.path().string());
    return all;
  }

  const Folder folder_;
  const FakeClock clock_;
  std::unique_ptr<Store> store_;
};

TEST_F(Variables, ASecretIsOnDiskOnlySealed) {
  EXPECT_FALSE(fs::exists(keyPath())) << "made when it is needed";
  EXPECT_TRUE(set({plain("LOG_LEVEL", "plain-as-day")}).ok());
  EXPECT_FALSE(fs::exists(keyPath()));
  ASSERT_TRUE(set({secret("PASSWORD", kPassword)}).ok());
  EXPECT_EQ(fs::file_size(keyPath()), 32u);
  struct stat status {};
  ASSERT_EQ(::stat(keyPath().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_FALSE(fs::exists(keyPath() + ".partial"));
  for (int round = 0; round < 2; ++round) {
    const std::string files = filesText();
    EXPECT_NE(files.find("plain-as-day"), std::string::npos) << "this looks where it should";
    EXPECT_EQ(files.find(kPassword), std::string::npos);
    EXPECT_EQ(files.find("horse-battery"), std::string::npos);
    EXPECT_EQ(told("PASSWORD"), std::string(kPassword) + "@1");
    open();
  }
}

TEST_F(Variables, EachSetIsAVersionAndTheListingHasTheNewestWithoutSecrets) {
  ASSERT_TRUE(set({secret("B", "b1"), plain("A", "a1")}).ok());
  ASSERT_TRUE(set({secret("B", "b2"), secret("B", "web's", "web")}).ok());
  EXPECT_EQ(told("B"), "b2@2");
  EXPECT_EQ(told("B", 1), "b1@1");
  EXPECT_EQ(told("A"), "a1@1");
  EXPECT_EQ(read("B", 0, "web")->value, "web's");
  const auto all = std::move(store_->variables("shop", "production")).value();
  std::string listed;
  for (const auto& one : all) {
    listed += one.service + "/" + one.name + "=" + one.value + "@" + std::to_string(one.version) + " ";
    EXPECT_EQ(one.setUs, 7);
  }
  EXPECT_EQ(listed, "/A=a1@1 /B=@2 web/B=@1 ");
  EXPECT_EQ(store_->variables("", "")->size(), 3u);
  EXPECT_TRUE(store_->variables("shop", "preview/x")->empty());
  EXPECT_TRUE(store_->variables("other", "")->empty());
}

TEST_F(Variables, ValuesComeBackByteForByte) {
  const std::string pem = "-----BEGIN KEY-----\nMII=\r\n\"quoted\" \\ $x \xc3\xa9\n-----END KEY-----\n";
  ASSERT_TRUE(set({secret("PEM", pem), plain("PLAIN", pem), secret("EMPTY", "")}).ok());
  EXPECT_EQ(read("PEM")->value, pem);
  EXPECT_EQ(read("PLAIN")->value, pem);
  EXPECT_EQ(read("EMPTY")->value, "");
  ASSERT_TRUE(set({secret("LONG", std::string(64 * 1024, 'x'))}).ok());
  EXPECT_EQ(read("LONG")->value.size(), 64u * 1024);
}

TEST_F(Variables, SetsAllOrNone) {
  const Status refused = set({plain("GOOD", "1"), plain("2BAD", "2")});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  for (const char* name : {"", "A-B", "A B", "A=B", "\xc3\x84"}) EXPECT_FALSE(set({plain(name, "1")}).ok()) << name;
  EXPECT_EQ(set({secret("LONG", std::string(64 * 1024 + 1, 'x'))}).error().code, Code::kLimit);
  const Status nul = set({secret("NUL", std::string("very\0secret", 11))});
  EXPECT_EQ(nul.error().code, Code::kInvalid);
  EXPECT_EQ(nul.error().text().find("secret"), std::string::npos) << "an error tells no value";
  EXPECT_TRUE(store_->variables("", "")->empty());
  EXPECT_TRUE(set({plain("GOOD", "1")}).ok()) << "what was refused leaves no doubt";
}

TEST_F(Variables, AnEnvironmentHasALimitAndItsRefusalChangesNothing) {
  std::vector<Variable> many;
  for (int i = 0; i < 1000; ++i) many.push_back(plain("V" + std::to_string(i), "1"));
  ASSERT_TRUE(set(many).ok());
  EXPECT_EQ(set({plain("ONE_MORE", "1")}).error().code, Code::kLimit);
  EXPECT_EQ(told("ONE_MORE"), "there is no variable ONE_MORE for production of shop");
  EXPECT_TRUE(set({plain("V7", "2")}).ok()) << "a new version is no new variable";
}

TEST_F(Variables, ARevokedVersionGivesTheNewest) {
  ASSERT_TRUE(set({secret("TOKEN", "leaked-token-text")}).ok());
  ASSERT_TRUE(revoke({"TOKEN"}).ok());
  EXPECT_EQ(told("TOKEN", 1), "leaked-token-text@1") << "the newest stays";
  ASSERT_TRUE(set({secret("TOKEN", "second")}).ok());
  ASSERT_TRUE(set({secret("TOKEN", "third")}).ok());
  EXPECT_EQ(told("TOKEN", 1), "leaked-token-text@1");
  ASSERT_TRUE(revoke({"TOKEN"}).ok());
  EXPECT_EQ(told("TOKEN", 1), "third@3");
  EXPECT_EQ(told("TOKEN", 2), "third@3");
  EXPECT_EQ(told("TOKEN", 9), "third@3") << "a version of a state from after this backup";
  const Status missing = revoke({"TOKEN", "OTHER"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Code::kNotFound);
}

TEST_F(Variables, UnsetTakesAllOrNoneAndNumbersAreNeverGivenTwice) {
  ASSERT_TRUE(set({secret("A", "one"), plain("B", "b"), secret("A", "web's", "web")}).ok());
  ASSERT_TRUE(set({secret("A", "two")}).ok());
  EXPECT_EQ(unset({"A", "NONE"}).error().code, Code::kNotFound);
  EXPECT_EQ(told("A"), "two@2") << "none of them";
  ASSERT_TRUE(unset({"A"}).ok());
  EXPECT_EQ(read("A").error().code, Code::kNotFound);
  EXPECT_EQ(read("A", 1).error().code, Code::kNotFound);
  EXPECT_EQ(unset({"A"}).error().code, Code::kNotFound);
  EXPECT_EQ(read("A", 0, "web")->value, "web's");
  EXPECT_EQ(store_->variables("shop", "")->size(), 2u);
  open();
  ASSERT_TRUE(set({secret("A", "three")}).ok());
  EXPECT_EQ(told("A"), "three@3");
  EXPECT_EQ(told("A", 2), "three@3") << "a release that pins 2 must not take another text for it";
}

TEST_F(Variables, KeepsAHundredVersions) {
  std::vector<Variable> many;
  for (int i = 1; i <= 103; ++i) many.push_back(plain("A", "v" + std::to_string(i)));
  ASSERT_TRUE(set(many).ok());
  EXPECT_EQ(told("A", 4), "v4@4");
  EXPECT_EQ(told("A", 3), "v103@103");
}

TEST_F(Variables, ARowThatWasMovedDoesNotOpen) {
  ASSERT_TRUE(set({secret("HARMLESS", "one"), secret("ROOT_PASSWORD", "two")}).ok());
  ASSERT_TRUE(set({secret("HARMLESS", "newer")}).ok());
  edit(
      "UPDATE variable SET value = (SELECT value FROM variable WHERE name = 'ROOT_PASSWORD') "
      "WHERE name = 'HARMLESS' AND version = 2");
  const auto swapped = read("HARMLESS");
  ASSERT_FALSE(swapped.ok());
  EXPECT_EQ(swapped.error().code, Code::kInvalid);
  EXPECT_NE(swapped.error().message.find("HARMLESS for production of shop (version 2)"), std::string::npos)
      << swapped.error().message;
  edit(
      "UPDATE variable SET value = (SELECT value FROM variable WHERE name = 'HARMLESS' AND version = 1) "
      "WHERE name = 'HARMLESS' AND version = 2");
  EXPECT_FALSE(read("HARMLESS").ok()) << "an old version passed off as the new one";
  EXPECT_EQ(told("HARMLESS", 1), "one@1");
  for (const char* place : {"environment = 'staging'", "project = 'blog'", "service = 'web'", "name = 'OTHER'"}) {
    edit(std::string("UPDATE variable SET ") + place + " WHERE name = 'ROOT_PASSWORD'");
    const auto all = std::move(store_->variables("", "")).value();
    for (const auto& one : all) {
      if (one.name == "HARMLESS") continue;
      EXPECT_EQ(store_->secret(one.project, one.environment, one.service, one.name, 0).error().code, Code::kInvalid);
    }
  }
}

TEST_F(Variables, DamageIsToldAndNothingElseIsLost) {
  ASSERT_TRUE(set({secret("A", "one"), secret("B", "two"), secret("C", "three")}).ok());
  edit(
      "UPDATE variable SET value = x'0102' WHERE name = 'A'; "
      "UPDATE variable SET value = substr(value, 1, length(value) - 1) WHERE name = 'B'");
  EXPECT_EQ(read("A").error().code, Code::kInvalid);
  EXPECT_EQ(read("B").error().code, Code::kInvalid);
  EXPECT_EQ(told("C"), "three@1");
  EXPECT_TRUE(set({secret("A", "again")}).ok());
  EXPECT_EQ(told("A"), "again@2");
}

TEST_F(Variables, ALostKeyIsToldAndNeverReplacedInSilence) {
  ASSERT_TRUE(set({secret("A", "one"), plain("B", "b")}).ok());
  fs::rename(keyPath(), folder_.at("backup"));
  open();
  const auto lost = read("A");
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, Code::kInvalid);
  EXPECT_NE(lost.error().message.find(keyPath() + " is gone"), std::string::npos) << lost.error().message;
  EXPECT_NE(lost.error().hint.find("backup"), std::string::npos);
  EXPECT_EQ(set({secret("A", "two")}).error().message, lost.error().message);
  EXPECT_FALSE(fs::exists(keyPath()));
  EXPECT_EQ(told("B"), "b@1") << "what is plain needs no key";
  EXPECT_TRUE(set({plain("B", "c")}).ok());
  fs::rename(folder_.at("backup"), keyPath());
  EXPECT_EQ(told("A"), "one@1") << "without a restart";
}

TEST_F(Variables, AnotherKeyIsToldAndEachSecretCanBeSetAgain) {
  ASSERT_TRUE(set({secret("A", "one"), secret("B", "two")}).ok());
  const std::string own = contentOf(keyPath());
  std::ofstream(keyPath(), std::ios::binary) << std::string(32, 'k');
  EXPECT_EQ(read("A").error().code, Code::kInvalid);
  EXPECT_NE(read("A").error().message.find("another key"), std::string::npos);
  ASSERT_TRUE(set({secret("A", "new")}).ok());
  EXPECT_EQ(told("A"), "new@2");
  std::ofstream(keyPath(), std::ios::binary) << own;
  EXPECT_EQ(told("B"), "two@1");
  std::ofstream(keyPath(), std::ios::binary) << own.substr(0, 31);
  EXPECT_NE(read("B").error().message.find("is no key"), std::string::npos);
  EXPECT_FALSE(set({secret("B", "x")}).ok());
}

TEST_F(Variables, AKeyThatNothingNeedsMayGo) {
  ASSERT_TRUE(set({secret("A", "one")}).ok());
  ASSERT_TRUE(unset({"A"}).ok());
  fs::remove(keyPath());
  std::ofstream(keyPath() + ".partial") << "torn";  // a daemon died while it made one
  EXPECT_TRUE(set({secret("A", "two")}).ok());
  EXPECT_EQ(told("A"), "two@2");
}

}  // namespace
}  // namespace orbit::store

#include "store/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "store/schema.h"
#include "store/writer.h"
#include "support/store_folder.h"

namespace orbit::store {
namespace {

namespace fs = std::filesystem;

unsigned modeOf(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777;
}

Status beginNow(Store& store, Operation operation) {
  std::promise<Status> promise;
  store.begin(std::move(operation), [&](Status outcome) { promise.set_value(std::move(outcome)); });
  return promise.get_future().get();
}
Status endNow(Store& store, const std::string& id, const std::string& outcome) {
  std::promise<Status> promise;
  store.end(id, 2, outcome, "{}", [&](Status ended) { promise.set_value(std::move(ended)); });
  return promise.get_future().get();
}

TEST(Store, KeepsItsHomeAndIsPrivate) {
  const Folder folder;
  const FakeClock clock;
  std::string home;
  {
    auto store = Store::open(folder.at("home"), clock);
    ASSERT_TRUE(store.ok()) << store.error().text();
    home = (*store)->home();
    EXPECT_EQ(home.size(), 36u);
    EXPECT_EQ(modeOf(folder.at("home")), 0700u);
    for (const char* file : {"home/state.db", "home/state.db-wal", "home/state.db-shm"}) {
      EXPECT_EQ(modeOf(folder.at(file)), 0600u) << file;
    }
  }
  auto again = Store::open(folder.at("home"), clock);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->home(), home);
}

TEST(Store, JournalTellsNewestFirstAndWhatWasInterrupted) {
  const Folder folder;
  const FakeClock clock;
  auto store = std::move(Store::open(folder.at("home"), clock)).value();
  EXPECT_TRUE(beginNow(*store, {.id = "1", .kind = "up", .project = "shop", .startedUs = 1}).ok());
  EXPECT_TRUE(beginNow(*store, {.id = "2", .kind = "down", .project = "blog", .startedUs = 1}).ok());
  EXPECT_TRUE(beginNow(*store, {.id = "3", .kind = "down", .project = "shop", .startedUs = 1}).ok());
  EXPECT_TRUE(endNow(*store, "1", "ok").ok());
  EXPECT_EQ(store->operations("", 10)->size(), 3u);
  auto shop = std::move(store->operations("shop", 10)).value();
  ASSERT_EQ(shop.size(), 2u);
  EXPECT_EQ(shop[0].id, "3");
  EXPECT_EQ(shop[1].outcome, "ok");
  EXPECT_EQ(store->operations("shop", 1)->size(), 1u);

  store.reset();  // the daemon dies here
  store = std::move(Store::open(folder.at("home"), clock)).value();
  const auto interrupted = std::move(store->recover(9)).value();
  ASSERT_EQ(interrupted.size(), 2u);
  EXPECT_EQ(interrupted[0].id, "2");
  EXPECT_EQ(interrupted[0].outcome, "interrupted");
  EXPECT_EQ(interrupted[0].endedUs, 9);
  EXPECT_TRUE(store->recover(10)->empty());
}

TEST(Store, ARefusedWriteTakesNothingElseWithIt) {
  const Folder folder;
  const FakeClock clock;
  auto store = std::move(Store::open(folder.at("home"), clock)).value();
  EXPECT_TRUE(beginNow(*store, {.id = "1", .kind = "up", .project = "shop"}).ok());
  EXPECT_EQ(beginNow(*store, {.id = "1", .kind = "up", .project = "shop"}).error().code, Code::kConflict);
  EXPECT_EQ(endNow(*store, "7", "ok").error().code, Code::kNotFound);
  EXPECT_TRUE(endNow(*store, "1", "ok").ok());
  EXPECT_EQ(endNow(*store, "1", "failed").error().code, Code::kNotFound) << "an end is written once";
  EXPECT_EQ(store->operations("", 10)->at(0).outcome, "ok");
}

TEST(Store, PruneKeepsTheNewestOfEachProjectAndWhatRuns) {
  const Folder folder;
  const FakeClock clock;
  auto store = std::move(Store::open(folder.at("home"), clock)).value();
  for (const char* id : {"1", "2", "3", "4"}) {
    EXPECT_TRUE(beginNow(*store, {.id = id, .kind = "up", .project = "shop"}).ok());
    if (*id != '1') {
      EXPECT_TRUE(endNow(*store, id, "ok").ok());
    }
  }
  std::promise<Status> pruned;
  store->prune(2, [&](Status outcome) { pruned.set_value(std::move(outcome)); });
  EXPECT_TRUE(pruned.get_future().get().ok());
  std::string left;
  const auto operations = std::move(store->operations("", 10)).value();
  for (const auto& operation : operations) left += operation.id;
  EXPECT_EQ(left, "431");
}

TEST(Store, ManyThreadsWriteAndReadSideBySide) {
  const Folder folder;
  const FakeClock clock;
  auto store = std::move(Store::open(folder.at("home"), clock)).value();
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&store, thread] {
      for (int i = 0; i < 25; ++i) {
        const std::string id = std::to_string(thread * 100 + i);
        EXPECT_TRUE(beginNow(*store, {.id = id, .kind = "up", .project = "p"}).ok());
        EXPECT_TRUE(store->operations("p", 5).ok());
        EXPECT_TRUE(endNow(*store, id, "ok").ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(store->operations("p", 1000)->size(), 100u);
}

TEST(Store, RefusesADamagedFileAndAnothersByName) {
  const Folder folder;
  const FakeClock clock;
  fs::create_directory(folder.at("torn"));
  std::ofstream(folder.at("torn/state.db")) << std::string(8192, 'x');
  auto torn = Store::open(folder.at("torn"), clock);
  ASSERT_FALSE(torn.ok());
  EXPECT_EQ(torn.error().code, Code::kInvalid);
  EXPECT_NE(torn.error().hint.find("move"), std::string::npos);

  fs::create_directory(folder.at("other"));
  EXPECT_TRUE(Database::open(folder.at("other/state.db"), false)->execute("CREATE TABLE mine (x)").ok());
  auto other = Store::open(folder.at("other"), clock);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Code::kInvalid);
  EXPECT_NE(other.error().message.find("another program"), std::string::npos);
}

// A page in the middle is overwritten, as a bad disk does.
TEST(Store, FindsDamageInTheMiddle) {
  const Folder folder;
  const FakeClock clock;
  {
    auto store = std::move(Store::open(folder.at("home"), clock)).value();
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(beginNow(*store, {.id = std::to_string(i), .kind = "up", .project = std::string(200, 'p')}).ok());
    }
  }
  {
    std::fstream file(folder.at("home/state.db"), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 * 5);
    file << std::string(4096, '\x55');
  }
  auto opened = Store::open(folder.at("home"), clock);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Code::kInvalid);
}

// Every file an earlier Orbit left behind (tests/fixtures/store/<schema>.sql) opens, with its content.
TEST(Store, OpensTheFileOfEveryEarlierSchema) {
  const FakeClock clock;
  for (const Migration& earlier : migrations()) {
    const Folder folder;
    const std::string dump =
        std::string(ORBIT_SOURCE_DIR) + "/tests/fixtures/store/" + std::to_string(earlier.schema) + ".sql";
    const std::string sql = contentOf(dump);
    ASSERT_FALSE(sql.empty()) << "no fixture " << dump;
    fs::create_directory(folder.at("home"));
    ASSERT_TRUE(Database::open(folder.at("home/state.db"), false)->execute(sql).ok());
    auto store = Store::open(folder.at("home"), clock);
    ASSERT_TRUE(store.ok()) << store.error().text();
    EXPECT_EQ((*store)->home(), "019375a0-0000-7000-8000-000000000001");
    EXPECT_EQ((*store)->operations("shop", 10)->size(), 2u);
    const std::string copy = folder.at("home/state.db.before-") + std::to_string(migrations().back().schema);
    EXPECT_EQ(fs::exists(copy), earlier.schema < migrations().back().schema);
    EXPECT_EQ((*store)->variables("shop", "production")->size(), earlier.schema >= 3 ? 1u : 0u);
    EXPECT_EQ((*store)->facts()->size(), earlier.schema >= 3 ? 1u : 0u);
    EXPECT_EQ((*store)->alerts()->size(), earlier.schema >= 4 ? 1u : 0u);
    EXPECT_TRUE(now([&](auto done) { (*store)->addFact({"shop", "production", 2, 5, "started", "{}"}, done); }).ok());
  }
}

TEST(Store, AHostIsThereOnce) {
  const Folder folder;
  const FakeClock clock;
  auto store = std::move(Store::open(folder.at("home"), clock)).value();
  const model::Domain shop{"shop.example.com", "shop", "production", "web", 7, true};
  EXPECT_TRUE(now([&](auto done) { store->addDomain(shop, done); }).ok());
  const Status again = now([&](auto done) { store->addDomain({shop.host, "other", "development", "api", 8}, done); });
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_EQ(again.error().message, "shop.example.com belongs to service web of shop (production) already");
  EXPECT_EQ(*store->domains(), std::vector<model::Domain>{shop});
  EXPECT_TRUE(now([&](auto done) { store->removeDomain(shop.host, done); }).ok());
  EXPECT_EQ(now([&](auto done) { store->removeDomain(shop.host, done); }).error().code, Code::kNotFound);
  EXPECT_TRUE(store->domains()->empty());
}

TEST(Store, KeepsSettings) {
  const Folder folder;
  const FakeClock clock;
  {
    auto store = std::move(Store::open(folder.at("home"), clock)).value();
    EXPECT_EQ(*store->setting("ports"), "");
    EXPECT_TRUE(now([&](auto done) { store->set("ports", "80 443", done); }).ok());
    EXPECT_TRUE(now([&](auto done) { store->set("ports", "8080 8443", done); }).ok());
  }
  auto store = std::move(Store::open(folder.at("home"), clock)).value();
  EXPECT_EQ(*store->setting("ports"), "8080 8443");
}

constexpr Migration kFirst{1, 1, "CREATE TABLE a (x); INSERT INTO a VALUES (7);"};
constexpr Migration kSecond{2, 1, "ALTER TABLE a ADD COLUMN y;"};
constexpr Migration kBreaking{3, 3, "DROP TABLE a;"};
constexpr Migration kBroken{2, 1, "CREATE TABLE b (x); CREATE TABLE a (x);"};

TEST(Schema, MigratesForwardWithACopyBefore) {
  const Folder folder;
  auto database = std::move(Database::open(folder.at("state.db"), false)).value();
  const std::array first{kFirst};
  const std::array both{kFirst, kSecond};
  EXPECT_TRUE(migrate(database, first, "1.0").ok());
  EXPECT_FALSE(fs::exists(folder.at("state.db.before-1"))) << "a new file has nothing to lose";
  EXPECT_TRUE(migrate(database, both, "2.0").ok());
  EXPECT_EQ(*database.number("PRAGMA user_version"), 2);
  EXPECT_EQ(*database.number("SELECT x FROM a"), 7);
  EXPECT_EQ(modeOf(folder.at("state.db.before-2")), 0600u);
  auto copy = std::move(Database::open(folder.at("state.db.before-2"), false)).value();
  EXPECT_EQ(*copy.number("PRAGMA user_version"), 1);
  EXPECT_TRUE(migrate(copy, both, "2.0").ok()) << "the copy is a whole state file";
}

TEST(Schema, ANewFileIsNotCopiedBetweenItsFirstSteps) {
  const Folder folder;
  auto database = std::move(Database::open(folder.at("state.db"), false)).value();
  const std::array both{kFirst, kSecond};
  EXPECT_TRUE(migrate(database, both, "2.0").ok());
  EXPECT_FALSE(fs::exists(folder.at("state.db.before-2")));
}

TEST(Schema, APreviousVersionOpensWhatItCanAndRefusesTheRestByName) {
  const Folder folder;
  auto database = std::move(Database::open(folder.at("state.db"), false)).value();
  const std::array first{kFirst};
  const std::array both{kFirst, kSecond};
  const std::array all{kFirst, kSecond, kBreaking};
  EXPECT_TRUE(migrate(database, both, "2.0").ok());
  EXPECT_TRUE(migrate(database, first, "1.0").ok()) << "version 1 still opens schema 2";
  EXPECT_TRUE(migrate(database, all, "3.0").ok());
  const Status refused = migrate(database, both, "2.0");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::kUnsupported);
  EXPECT_NE(refused.error().message.find("schema 3, written by Orbit 3.0; this Orbit knows schemas up to 2"),
            std::string::npos)
      << refused.error().message;
}

TEST(Schema, AFailedStepChangesNothing) {
  const Folder folder;
  auto database = std::move(Database::open(folder.at("state.db"), false)).value();
  const std::array first{kFirst};
  const std::array broken{kFirst, kBroken};
  EXPECT_TRUE(migrate(database, first, "1.0").ok());
  EXPECT_FALSE(migrate(database, broken, "2.0").ok());
  EXPECT_EQ(*database.number("PRAGMA user_version"), 1);
  EXPECT_EQ(*database.number("SELECT count(*) FROM sqlite_master WHERE name = 'b'"), 0);
}

// SQLite's own page limit stands in for the disk's end.
TEST(Writer, AFullDiskIsToldAndLeavesNoDoubt) {
  const Folder folder;
  auto database = std::move(Database::open(folder.at("state.db"), false)).value();
  ASSERT_TRUE(database.execute("CREATE TABLE a (x); PRAGMA max_page_count = 10;").ok());
  Writer writer(std::move(database));
  const auto fill = [](Database& on) { return on.execute("INSERT INTO a VALUES (zeroblob(100000))"); };
  const Status full = writer.run(fill);
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, Code::kNoSpace);
  EXPECT_TRUE(writer.run([](Database& on) { return on.execute("PRAGMA max_page_count = 1000"); }).ok());
  EXPECT_TRUE(writer.run(fill).ok());
}

TEST(Writer, RefusesEverythingAfterAFailureThatLeavesDoubt) {
  const Folder folder;
  Writer writer(std::move(Database::open(folder.at("state.db"), false)).value());
  EXPECT_TRUE(writer.run([](Database& on) { return on.execute("CREATE TABLE a (x)"); }).ok());
  EXPECT_FALSE(
      writer.run([](Database&) -> Status { return Error{.code = Code::kIo, .message = "the disk said no"}; }).ok());
  const Status refused = writer.run([](Database& on) { return on.execute("INSERT INTO a VALUES (1)"); });
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("no more writes after a failure: the disk said no"), std::string::npos);
}

}  // namespace
}  // namespace orbit::store

// What the journal promises when its process dies or its disk ends: every acknowledged operation is there afterwards.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <future>

#include "store/store.h"

namespace orbit::store {
namespace {

namespace fs = std::filesystem;

std::string makeFolder() {
  std::string pattern = (fs::temp_directory_path() / "orbit-store-XXXXXX").string();
  return ::mkdtemp(pattern.data());
}

Status beginNow(Store& store, int number) {
  std::promise<Status> promise;
  Operation operation;
  operation.id = std::to_string(number);
  operation.kind = "up";
  operation.project = "shop";
  operation.detail = std::string(500, 'd');
  store.begin(std::move(operation), [&](Status outcome) { promise.set_value(std::move(outcome)); });
  return promise.get_future().get();
}

// What a deploy leaves: a fact with a sealed text, and a new version of a secret.
Status deployNow(Store& store, int number) {
  std::promise<Status> fact, variable;
  store.addFact({"shop", "production", number, number, "started", "{}", "files " + std::to_string(number)},
                [&](Status outcome) { fact.set_value(std::move(outcome)); });
  ORBIT_TRY_STATUS(fact.get_future().get());
  Variable token;
  token.project = "shop";
  token.environment = "production";
  token.name = "TOKEN";
  token.value = "token " + std::to_string(number);
  store.setVariables({token}, [&](Status outcome) { variable.set_value(std::move(outcome)); });
  return variable.get_future().get();
}

// Everything acknowledged is whole and opens, though the process died in a write, the first time while it made the key.
void expectDeploys(Store& store, const std::vector<int>& numbers) {
  const auto facts = std::move(store.facts()).value();
  std::set<int> groups;
  for (const auto& fact : facts) groups.insert(fact.group);
  for (const int number : numbers) {
    EXPECT_TRUE(groups.contains(number)) << number;
    const auto sealed = store.sealedFact("shop", "production", number);
    ASSERT_TRUE(sealed.ok()) << sealed.error().text();
    EXPECT_EQ(*sealed, "files " + std::to_string(number));
  }
  if (numbers.empty()) return;
  const auto token = store.secret("shop", "production", "", "TOKEN", 0);
  ASSERT_TRUE(token.ok()) << token.error().text();
  EXPECT_GE(std::stoi(token->value.substr(6)), numbers.back());
}

// Appends for as long as it lives and writes the number of each acknowledged operation to `out`.
[[noreturn]] void append(const std::string& folder, int from, int out) {
  const SystemClock clock;
  auto store = Store::open(folder, clock);
  if (!store.ok()) ::_exit(3);
  for (int number = from;; ++number) {
    if (!beginNow(**store, number).ok() || !deployNow(**store, number).ok()) ::_exit(4);
    if (::write(out, &number, sizeof number) != static_cast<ssize_t>(sizeof number)) ::_exit(5);
  }
}

TEST(StoreUnderKill, EveryAcknowledgedOperationIsThere) {
  const std::string folder = makeFolder();
  const SystemClock clock;
  Random random(20);
  int acknowledged = 0;
  for (int round = 0; round < 10; ++round) {
    int channel[2];
    ASSERT_EQ(::pipe2(channel, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) append(folder + "/home", acknowledged + 1000 * round, channel[1]);
    ::close(channel[1]);
    const auto until = 1 + random.below(40);
    std::vector<int> numbers;
    int number = 0;
    while (numbers.size() < until &&
           ::read(channel[0], &number, sizeof number) == static_cast<ssize_t>(sizeof number)) {
      numbers.push_back(number);
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    while (::read(channel[0], &number, sizeof number) == static_cast<ssize_t>(sizeof number)) numbers.push_back(number);
    ::close(channel[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);

    auto store = Store::open(folder + "/home", clock);
    ASSERT_TRUE(store.ok()) << store.error().text();
    std::set<std::string> there;
    const auto operations = std::move((*store)->operations("shop", 10'000)).value();
    for (const auto& operation : operations) there.insert(operation.id);
    for (const int each : numbers) EXPECT_TRUE(there.contains(std::to_string(each))) << each;
    EXPECT_GE((*store)->recover(1)->size(), numbers.size());
    expectDeploys(**store, numbers);
    acknowledged += static_cast<int>(numbers.size());
  }
  fs::remove_all(folder);
}

// Runs `body` in a child and returns its exit status; gtest's expectations do not cross, so the body answers a number.
int inChild(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

constexpr int kNoMount = 77;

TEST(StoreOnAFullDisk, SaysSoAndGoesOnWhenThereIsSpace) {
  const std::string folder = makeFolder();
  const int outcome = inChild([&folder] {
    const std::string map = "0 " + std::to_string(::getuid()) + " 1";
    if (::unshare(CLONE_NEWNS) != 0) {
      if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return kNoMount;
      const int ids = ::open("/proc/self/uid_map", O_WRONLY);
      if (ids < 0 || ::write(ids, map.data(), map.size()) < 0) return kNoMount;
      ::close(ids);
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNoMount;
    if (::mount("orbit", folder.c_str(), "tmpfs", 0, "size=1m") != 0) return kNoMount;
    const SystemClock clock;
    auto store = Store::open(folder + "/home", clock);
    if (!store.ok()) return 1;
    // Another program fills the disk.
    const int ballast = ::open((folder + "/ballast").c_str(), O_WRONLY | O_CREAT, 0600);
    const std::string block(4096, 'x');
    while (::write(ballast, block.data(), block.size()) > 0) {
    }
    int number = 0;
    Status written;
    while (number < 10'000 && (written = beginNow(**store, number)).ok()) ++number;
    if (written.ok()) return 2;
    if (written.error().code != Code::kNoSpace) return 3;
    if ((*store)->operations("shop", 10'000)->size() != static_cast<std::size_t>(number)) return 4;
    // No space for the key either: no half of one stays.
    const Status sealed = deployNow(**store, 1);
    if (sealed.ok() || sealed.error().code != Code::kNoSpace || fs::exists(folder + "/home/key")) return 9;
    if (::ftruncate(ballast, 0) != 0) return 5;
    if (!beginNow(**store, number).ok() || !deployNow(**store, 1).ok()) return 6;
    store->reset();
    store = Store::open(folder + "/home", clock);
    if (!store.ok()) return 7;
    if (*(*store)->sealedFact("shop", "production", 1) != "files 1") return 10;
    return (*store)->operations("shop", 10'000)->size() == static_cast<std::size_t>(number) + 1 ? 0 : 8;
  });
  fs::remove_all(folder);
  if (outcome == kNoMount) GTEST_SKIP() << "no right to mount here";
  EXPECT_EQ(outcome, 0);
}

// A write that fails in a way SQLite cannot place: the store keeps what it has and takes no more.
TEST(StoreAfterAFailedWrite, RefusesMoreAndLosesNothing) {
  const std::string folder = makeFolder();
  const int outcome = inChild([&folder] {
    ::signal(SIGXFSZ, SIG_IGN);
    const SystemClock clock;
    auto store = Store::open(folder + "/home", clock);
    if (!store.ok()) return 1;
    if (!beginNow(**store, 0).ok()) return 2;
    const rlimit small{64 * 1024, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    int number = 1;
    while (number < 10'000 && beginNow(**store, number).ok()) ++number;
    const rlimit large{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &large);
    const Status refused = beginNow(**store, number);
    if (refused.ok()) return 3;
    if (refused.error().message.find("no more writes after a failure") == std::string::npos) return 4;
    store->reset();
    store = Store::open(folder + "/home", clock);
    if (!store.ok()) return 5;
    return (*store)->operations("shop", 10'000)->size() == static_cast<std::size_t>(number) ? 0 : 6;
  });
  fs::remove_all(folder);
  EXPECT_EQ(outcome, 0);
}

}  // namespace
}  // namespace orbit::store

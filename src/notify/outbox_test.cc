// The outbox on a simulated loop, with receivers that fail and a process that dies.
#include <gtest/gtest.h>

#include "notify/limits.h"
#include "notify/notify.h"

namespace orbit::notify {
namespace {

using net::Task;
using Outcome = Answer::Outcome;
using State = Entry::State;
using std::chrono::seconds;

// What is on disk, whoever is alive.
struct Disk final : Shelf {
  std::map<std::string, Entry> entries;
  Result<std::vector<Entry>> read() override {
    std::vector<Entry> all;
    for (const auto& [id, entry] : entries) all.push_back(entry);
    return all;
  }
  Task<Status> save(std::vector<Entry> all) override {
    for (auto& entry : all) entries[entry.id] = entry;
    co_return Status();
  }
  Task<Status> remove(std::vector<std::string> ids) override {
    for (const auto& id : ids) entries.erase(id);
    co_return Status();
  }
};

struct Script final : Courier {
  std::vector<Request> requests;
  std::vector<Answer> answers;  // in turn; then delivered
  bool silent = false;          // never answers: the process will die first
  std::vector<std::function<void(Answer)>> held;
  void send(model::Receiver::Kind, Request request, std::function<void(Answer)> done) override {
    requests.push_back(std::move(request));
    if (silent) return held.push_back(std::move(done));
    Answer answer{Outcome::kDelivered, {}, "answered 200"};
    if (!answers.empty()) {
      answer = answers.front();
      answers.erase(answers.begin());
    }
    done(answer);
  }
};

struct Life {
  FakeClock clock;
  net::Loop loop{clock};
  net::Cancel cancel;
  std::vector<std::string> parked;
  model::Receiver receiver;
  Script& courier;
  std::unique_ptr<Outbox> outbox;

  Life(Disk& disk, Script& script) : courier(script) {
    receiver.kind = model::Receiver::Kind::kWebhook;
    receiver.url = "https://hooks.test/x";
    Outbox::Parts parts{loop, script, disk, "home", {}, {}, {}};
    parts.receiver = [this](const Entry& entry) { return entry.receiver == "gone" ? nullptr : &receiver; };
    parts.open = [](const Entry&, const std::string& text) -> Result<std::string> { return text; };
    parts.otherwise = [this](const Entry& entry) {
      parked.push_back(entry.id);
      std::vector<Entry> others;
      if (entry.notice.event == model::Notice::Event::kUndelivered) return others;
      model::Notice notice = entry.notice;
      notice.id += "-undelivered";
      notice.event = model::Notice::Event::kUndelivered;
      others.push_back(entryFor(notice, "second", entry.createdUs));
      return others;
    };
    outbox = Outbox::create(std::move(parts));
    EXPECT_TRUE(outbox->recover().ok());
  }
  ~Life() { courier.held.clear(); }  // before the loop that they would call
  void live(Duration span) {
    const auto life = [this](Duration for_) -> Task<void> {
      net::TaskGroup group(loop);
      group.add(outbox->run(cancel));
      static_cast<void>(co_await loop.sleep(for_));
      cancel.request();
      co_await group.join();
    };
    loop.runTask(life(span));
  }
  // Until it dies without a word.
  void die(Duration span) {
    const auto life = [this](Duration for_) -> Task<void> {
      net::TaskGroup group(loop);
      group.add(outbox->run(cancel));
      static_cast<void>(co_await loop.sleep(for_));
    };
    loop.runTask(life(span));
  }
};

Entry entry(int number, const std::string& receiver = "ops") {
  model::Notice notice;
  notice.incident = "i1";
  notice.number = number;
  notice.id = "i1-" + std::to_string(number);
  return entryFor(notice, receiver, 1'800'000'000'000'000);
}

void put(Disk& disk, Life& life, Entry one) {
  disk.entries[one.id] = one;
  life.outbox->add({one});
}

TEST(Outbox, DeliversOnceAndInOrder) {
  Disk disk;
  Script script;
  Life life(disk, script);
  put(disk, life, entry(2));
  put(disk, life, entry(1));
  life.live(seconds(60));
  ASSERT_EQ(script.requests.size(), 2U);
  EXPECT_NE(script.requests[0].body.find("i1-1"), std::string::npos);
  EXPECT_EQ(disk.entries.at("i1-1/ops").state, State::kDelivered);
  Life next(disk, script);
  next.live(seconds(600));
  EXPECT_EQ(script.requests.size(), 2U) << "never again after an acknowledgement";
}

TEST(Outbox, ComesBackWhenItWasAskedTo) {
  Disk disk;
  Script script;
  script.answers = {{Outcome::kTryAgain, Duration(seconds(30)), "answered 429"},
                    {Outcome::kTryAgain, {}, "no connection"}};
  Life life(disk, script);
  put(disk, life, entry(1));
  life.live(seconds(29));
  EXPECT_EQ(script.requests.size(), 1U);
  Life next(disk, script);
  next.live(seconds(120));
  EXPECT_EQ(script.requests.size(), 3U);
  EXPECT_EQ(disk.entries.at("i1-1/ops").state, State::kDelivered);
  EXPECT_EQ(disk.entries.at("i1-1/ops").attempts, 3);
}

TEST(Outbox, ParksWhatIsRefusedAndTellsIt) {
  Disk disk;
  Script script;
  script.answers = {{Outcome::kRefused, {}, "answered 404"}};
  Life life(disk, script);
  put(disk, life, entry(1));
  put(disk, life, entry(1, "gone"));
  life.die(std::chrono::milliseconds(1));
  // Written down together with it: who is told instead is told whatever happens next.
  EXPECT_EQ(disk.entries.at("i1-1-undelivered/second").notice.event, model::Notice::Event::kUndelivered);
  EXPECT_EQ(life.parked.size(), 2U);
  EXPECT_EQ(disk.entries.at("i1-1/ops").last, "answered 404");
}

TEST(Outbox, GivesUpAfterADay) {
  Disk disk;
  Script script;
  script.answers.assign(1000, {Outcome::kTryAgain, {}, "no connection"});
  Life life(disk, script);
  put(disk, life, entry(1));
  life.live(std::chrono::hours(30));
  EXPECT_EQ(disk.entries.at("i1-1/ops").state, State::kParked);
  EXPECT_LT(script.requests.size(), 200U);
}

TEST(Outbox, ADeathBetweenSendAndAnswerSendsOnceMoreAndNeverTwiceMore) {
  Disk disk;
  Script script;
  script.silent = true;
  {
    Life life(disk, script);
    put(disk, life, entry(1));
    life.die(seconds(3));
  }
  EXPECT_EQ(disk.entries.at("i1-1/ops").state, State::kSending);
  {
    Life life(disk, script);
    life.die(seconds(3));
  }
  EXPECT_EQ(script.requests.size(), 2U);
  script.silent = false;
  Life life(disk, script);
  life.live(seconds(600));
  EXPECT_EQ(script.requests.size(), 3U) << "the third tells somebody else";
  EXPECT_NE(script.requests[2].body.find("undelivered"), std::string::npos);
  EXPECT_EQ(disk.entries.at("i1-1/ops").state, State::kParked);
}

TEST(Outbox, ADeathBeforeASendLosesNothing) {
  Disk disk;
  Script script;
  Life(disk, script);
  disk.entries["i1-1/ops"] = entry(1);
  Life life(disk, script);
  life.live(seconds(5));
  EXPECT_EQ(script.requests.size(), 1U);
}

}  // namespace
}  // namespace orbit::notify

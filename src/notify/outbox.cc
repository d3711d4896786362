#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "notify/answer.h"
#include "notify/limits.h"
#include "notify/notify.h"

namespace orbit::notify {
namespace {

using net::Task;
using net::Wait;
using State = Entry::State;
using Kind = model::Receiver::Kind;

constexpr Duration kLook = std::chrono::seconds(1);

std::int64_t usOf(Duration span) {
  return std::chrono::duration_cast<std::chrono::microseconds>(span).count();
}

// An answer that comes on the Courier's thread, as a task.
Task<Answer> sent(net::Loop& loop, Courier& courier, Kind kind, Request request) {
  auto answer = std::make_shared<Answer>();
  const std::function<void(std::function<void(Status)>)> start = [&](std::function<void(Status)> done) {
    courier.send(kind, std::move(request), [answer, done = std::move(done)](Answer given) {
      *answer = std::move(given);
      done(Status());
    });
  };
  static_cast<void>(co_await net::fromThread(loop, start));
  co_return *answer;
}

Task<Answer> ran(net::Loop& loop, model::Receiver receiver, model::Notice notice, std::string body) {
  net::Command command;
  command.arguments = receiver.command;
  command.environment = {{"ORBIT_EVENT", std::string(eventName(notice.event))},
                         {"ORBIT_INCIDENT", notice.incident},
                         {"ORBIT_SEVERITY", std::string(severityName(notice.severity))},
                         {"ORBIT_TITLE", notice.title}};
  std::string said;
  bool given = false;
  const net::Output output = [&](bool, std::string_view bytes) {
    if (said.size() < kAnswerShown) said += bytes.substr(0, kAnswerShown - said.size());
  };
  struct Feed {
    static Task<Result<std::string>> next(std::string text) { co_return text; }
  };
  const net::Input input = [&]() { return Feed::next(std::exchange(given, true) ? std::string() : body); };
  const Wait wait{loop.clock().now() + kDeliveryTime, nullptr};
  const auto ended = co_await net::runCommand(loop, command, input, output, wait);
  Answer answer;
  if (!ended.ok()) {
    answer.text = ended.error().message;
    if (ended.error().code == Code::kNotFound || ended.error().code == Code::kDenied) {
      answer.outcome = Answer::Outcome::kRefused;
    }
    co_return answer;
  }
  std::replace_if(
      said.begin(), said.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  answer.text = fmt::format("ended with {}{}", ended->status, said.empty() ? "" : ": " + said);
  if (ended->status == 0) answer.outcome = Answer::Outcome::kDelivered;
  co_return answer;
}

class Room final : public Outbox {
 public:
  explicit Room(Parts parts) : parts_(std::move(parts)), random_(Random::fromSystem()), woken_(parts_.loop) {}

  Status recover() override {
    ORBIT_TRY(auto kept, parts_.shelf.read());
    for (Entry& entry : kept) {
      if (entry.state == State::kSending) {
        // Nobody knows whether it arrived. Once more is better than never; twice more is not.
        if (entry.recovered) {
          entry.state = State::kParked;
          entry.endedUs = now();
          entry.last = "Orbit ended twice while sending it; it may have arrived";
        } else {
          entry.recovered = true;
          entry.state = State::kWaiting;
          entry.nextUs = now();
        }
        unsaved_.push_back(entry.id);
      }
      entries_.emplace(entry.id, std::move(entry));
    }
    return {};
  }

  void add(std::vector<Entry> entries) override {
    for (Entry& entry : entries) entries_.emplace(entry.id, std::move(entry));
    woken_.notifyAll();
  }

  Task<void> run(net::Cancel& cancel) override {
    const Wait wait{Instant::max(), &cancel};
    for (const auto& id : std::exchange(unsaved_, {})) co_await keep(id);
    net::TaskGroup sending(parts_.loop);
    while (!cancel.requested()) {
      for (const auto& id : due()) {
        busy_.insert(receiverKey(entries_.at(id)));
        sending.add(deliver(id));
      }
      co_await forgetOld();
      const Wait limited = wait.until(parts_.loop.clock().now() + kLook);
      static_cast<void>(co_await woken_.wait(limited));
    }
    co_await sending.join();
  }

  Task<Answer> test(model::Receiver receiver, Entry entry, Wait) override {
    co_return co_await attempt(std::move(receiver), std::move(entry));
  }

  std::vector<Entry> entries() const override {
    std::vector<Entry> all;
    for (const auto& [id, entry] : entries_) all.push_back(entry);
    std::stable_sort(all.begin(), all.end(), before);
    return all;
  }

 private:
  std::int64_t now() const { return parts_.loop.clock().wallUs(); }

  static bool before(const Entry& a, const Entry& b) {
    return std::tuple(a.createdUs, a.notice.number) < std::tuple(b.createdUs, b.notice.number);
  }
  static std::string receiverKey(const Entry& entry) {
    return entry.project + "\n" + entry.environment + "\n" + entry.receiver;
  }

  // One for each receiver at a time, in order: that something is over is not told before that it began.
  std::vector<std::string> due() const {
    std::map<std::string, const Entry*> first;
    for (const auto& [id, entry] : entries_) {
      if (entry.state != State::kWaiting) continue;
      const std::string key = receiverKey(entry);
      if (busy_.contains(key)) continue;
      const Entry*& known = first[key];
      if (known == nullptr || before(entry, *known)) known = &entry;
    }
    std::vector<std::string> ids;
    for (const auto& [key, entry] : first) {
      if (entry->nextUs <= now() && busy_.size() + ids.size() < kAtOnce) ids.push_back(entry->id);
    }
    return ids;
  }

  Task<void> deliver(std::string id) {
    Entry& entry = entries_.at(id);  // stays where it is while it is being sent
    const std::string key = receiverKey(entry);
    entry.state = State::kSending;
    ++entry.attempts;
    co_await keep(id);
    const model::Receiver* receiver = parts_.receiver(entry);
    Answer answer{Answer::Outcome::kRefused, {}, "there is no such receiver any more"};
    if (receiver != nullptr) {
      model::Receiver copy = *receiver;
      answer = co_await attempt(std::move(copy), entry);
    }
    settle(entry, answer);
    co_await keep(id);
    busy_.erase(key);
    woken_.notifyAll();
  }

  // With how else it is told, when it is parked. A disk that is full must not keep people from hearing of it: then it
  // may be sent again after a restart.
  Task<void> keep(std::string id) {
    std::vector<Entry> all{entries_.at(id)};
    if (all.front().state == State::kParked) {
      for (Entry& other : parts_.otherwise(all.front())) all.push_back(std::move(other));
    }
    std::vector<Entry> others(all.begin() + 1, all.end());
    const Status saved = co_await parts_.shelf.save(std::move(all));
    if (!saved.ok()) log(Level::kError, "notify", saved.error().text());
    add(std::move(others));
  }

  Task<Answer> attempt(model::Receiver receiver, Entry entry) {
    for (std::string* text : {&receiver.url, &receiver.secret, &receiver.to, &receiver.from}) {
      auto opened = parts_.open(entry, *text);
      if (!opened.ok()) co_return Answer{Answer::Outcome::kTryAgain, {}, opened.error().message};
      *text = std::move(*opened);
    }
    auto request = requestFor(receiver, entry.notice, parts_.home, now());
    if (!request.ok()) co_return Answer{Answer::Outcome::kRefused, {}, request.error().message};
    if (receiver.kind == Kind::kCommand) {
      co_return co_await ran(parts_.loop, std::move(receiver), entry.notice, std::move(request->body));
    }
    co_return co_await sent(parts_.loop, parts_.courier, receiver.kind, std::move(*request));
  }

  void put(Entry& entry, State state, std::string text, Duration pause) {
    entry.state = state;
    entry.last = std::move(text);
    entry.nextUs = now() + usOf(pause);
  }

  void settle(Entry& entry, const Answer& answer) {
    const std::string what = entry.notice.id + " to " + entry.receiver + ": " + answer.text;
    if (answer.outcome == Answer::Outcome::kDelivered) {
      put(entry, State::kDelivered, answer.text, {});
      entry.endedUs = now();
      return;
    }
    const bool over = entry.attempts >= kAttemptsMax || now() - entry.createdUs > usOf(kGiveUpAfter);
    if (answer.outcome == Answer::Outcome::kRefused || over) {
      put(entry, State::kParked, answer.text, {});
      entry.endedUs = now();
      log(Level::kWarning, "notify", "not delivered: " + what);
      return;
    }
    put(entry, State::kWaiting, answer.text, pauseAfter(entry.attempts, answer.after, random_));
    log(Level::kInfo, "notify", "to be tried again: " + what);
  }

  Task<void> forgetOld() {
    std::vector<const Entry*> over;
    for (const auto& [id, entry] : entries_) {
      if (entry.endedUs != 0 && !busy_.contains(receiverKey(entry))) over.push_back(&entry);
    }
    if (over.size() <= kKept) co_return;
    std::sort(over.begin(), over.end(), [](const Entry* a, const Entry* b) { return a->endedUs < b->endedUs; });
    std::vector<std::string> ids;
    for (std::size_t i = 0; i + kKept < over.size(); ++i) ids.push_back(over[i]->id);
    for (const auto& id : ids) entries_.erase(id);
    const Status removed = co_await parts_.shelf.remove(std::move(ids));
    if (!removed.ok()) log(Level::kWarning, "notify", removed.error().text());
  }

  Parts parts_;
  Random random_;
  net::Condition woken_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> busy_;        // receivers that are being sent to
  std::vector<std::string> unsaved_;  // changed by recover()
};

}  // namespace

std::unique_ptr<Outbox> Outbox::create(Parts parts) {
  return std::make_unique<Room>(std::move(parts));
}

}  // namespace orbit::notify

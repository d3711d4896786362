#include "net/reactor.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "net/descriptor.h"

namespace orbit::net {
namespace {

struct Event final : Reactor::Source {
  Descriptor descriptor{::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
  std::function<void()> then;
  int calls = 0;
  int* destroyed = nullptr;
  ~Event() override {
    if (destroyed != nullptr) ++*destroyed;
  }
  void onReady(unsigned) override {
    ++calls;
    if (then) then();
  }
};

struct Work final : Reactor::Deferred {
  std::function<void()> then;
  int calls = 0;
  void atTurnEnd() override {
    ++calls;
    if (then) then();
  }
};

TEST(Reactor, TellsOfReadinessOnceAndDefersToTheTurnsEnd) {
  Reactor reactor;
  Event event;
  Work work;
  int callsAtEnd = 0;
  event.then = [&] {
    reactor.defer(work);
    reactor.defer(work);
  };
  work.then = [&] {
    callsAtEnd = event.calls;
    if (work.calls == 1) {
      reactor.defer(work);  // in the next turn
    } else {
      reactor.stop();
    }
  };
  ASSERT_TRUE(reactor.add(event.descriptor.get(), event, EPOLLIN).ok());
  reactor.run();
  EXPECT_EQ(event.calls, 1);  // edge-triggered: nobody read it, and yet
  EXPECT_EQ(callsAtEnd, 1);
  EXPECT_EQ(work.calls, 2);
}

TEST(Reactor, ARetiredSourceIsNotCalledAnyMoreAndFreedAtTheTurnsEnd) {
  Reactor reactor;
  int destroyed = 0;
  auto first = std::make_unique<Event>();
  auto second = std::make_unique<Event>();
  first->destroyed = second->destroyed = &destroyed;
  int calls = 0;
  // Both are ready in one turn; whoever comes first retires both.
  const auto retireBoth = [&] {
    ++calls;
    reactor.remove(first->descriptor.get());
    reactor.remove(second->descriptor.get());
    reactor.retire(std::move(first));
    reactor.retire(std::move(second));
    EXPECT_EQ(destroyed, 0);
    reactor.post([&] { reactor.stop(); });
  };
  first->then = second->then = retireBoth;
  ASSERT_TRUE(reactor.add(first->descriptor.get(), *first, EPOLLIN).ok());
  ASSERT_TRUE(reactor.add(second->descriptor.get(), *second, EPOLLIN).ok());
  reactor.run();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(destroyed, 2);
}

TEST(Reactor, ForgottenWorkIsNotDone) {
  Reactor reactor;
  Work first, second, third;
  reactor.defer(first);
  reactor.defer(second);
  reactor.defer(third);
  first.then = [&] {
    reactor.forget(third);
    reactor.forget(second);
    reactor.defer(third);
  };
  third.then = [&] { reactor.stop(); };
  reactor.run();
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(second.calls, 0);
  EXPECT_EQ(third.calls, 1);
}

TEST(Reactor, TimersWakeIt) {
  struct Bell final : Timer {
    Reactor* reactor = nullptr;
    void onTimer() override { reactor->stop(); }
  } bell;
  Reactor reactor;
  bell.reactor = &reactor;
  const Instant due = reactor.now() + std::chrono::milliseconds(1);
  reactor.timers().arm(bell, due);
  reactor.run();
  EXPECT_GE(reactor.now(), due);
}

}  // namespace
}  // namespace orbit::net

// A child process as a stream.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "net/net.h"

namespace orbit::net {
namespace {

using namespace std::chrono_literals;

Wait soon(Loop& loop) {
  return {loop.clock().now() + 20s, nullptr};
}

std::unique_ptr<ChildStream> shell(Loop& loop, std::string script) {
  Command command;
  command.arguments = {"sh", "-c", std::move(script)};
  auto child = ChildStream::start(loop, command);
  EXPECT_TRUE(child.ok());
  return std::move(child).value();
}

Task<std::string> readAll(Stream& from, Wait wait) {
  std::string all;
  std::string buffer(1000, '\0');
  for (;;) {
    const std::span<char> room(buffer);
    const auto count = co_await from.read(room, wait);
    if (!count.ok() || *count == 0) co_return all;
    all.append(buffer, 0, *count);
  }
}

TEST(ChildStream, CarriesBothDirectionsToTheirEnd) {
  Loop loop;
  const auto child = shell(loop, "cat; echo done; echo said >&2; exit 3");
  const std::string sent(300'000, 'x');
  // More than the socket holds, so reading goes on beside writing.
  std::string got;
  const auto both = [](Loop& on, ChildStream& to, const std::string& bytes, std::string& all, Wait wait) -> Task<void> {
    TaskGroup group(on);
    const auto writer = [](ChildStream& stream, const std::string& text, Wait until) -> Task<void> {
      const Status written = co_await stream.write(text, until);
      EXPECT_TRUE(written.ok());
      EXPECT_TRUE(stream.shutdownWrite().ok());
    };
    group.add(writer(to, bytes, wait));
    all = co_await readAll(to, wait);
    co_await group.join();
  };
  loop.runTask(both(loop, *child, sent, got, soon(loop)));
  EXPECT_EQ(got, sent + "done\n");
  const auto exit = loop.runTask(child->ended(soon(loop)));
  ASSERT_TRUE(exit.ok());
  EXPECT_EQ(exit->status, 3);
  EXPECT_EQ(child->said(), "said\n");
}

TEST(ChildStream, KeepsTheEndOfWhatItSaid) {
  Loop loop;
  const auto child = shell(loop, "i=0; while [ $i -lt 3000 ]; do echo line$i >&2; i=$((i+1)); done");
  const auto exit = loop.runTask(child->ended(soon(loop)));
  ASSERT_TRUE(exit.ok());
  EXPECT_LE(child->said().size(), 16U * 1024);
  EXPECT_NE(child->said().find("line2999\n"), std::string::npos);
}

TEST(ChildStream, EndsWithItsOwner) {
  Loop loop;
  int pid = 0;
  {
    const auto child = shell(loop, "trap '' TERM; echo $$; while true; do sleep 0.1; done");
    std::string buffer(100, '\0');
    const std::span<char> room(buffer);
    const auto count = loop.runTask(child->read(room, soon(loop)));
    ASSERT_TRUE(count.ok());
    pid = std::atoi(buffer.c_str());
  }
  ASSERT_GT(pid, 0);
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(ChildStream, AMissingProgramIsNotFound) {
  Loop loop;
  Command command;
  command.arguments = {"orbit-no-such-program"};
  const auto child = ChildStream::start(loop, command);
  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace orbit::net

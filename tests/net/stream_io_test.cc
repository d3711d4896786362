// Streams and listeners over real sockets.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "net/net.h"

namespace orbit::net {
namespace {

using namespace std::chrono_literals;

// A place for a socket that goes with its folder.
struct SocketPlace {
  SocketPlace() : folder("/tmp/orbit-net-XXXXXX") {
    ORBIT_CHECK(mkdtemp(folder.data()) != nullptr);
    path = folder + "/s";
  }
  ~SocketPlace() { std::filesystem::remove_all(folder); }
  SocketPlace(const SocketPlace&) = delete;
  SocketPlace& operator=(const SocketPlace&) = delete;
  std::string folder, path;
};

Wait soon(Loop& loop) {
  return {loop.clock().now() + 20s, nullptr};
}

struct Pair {
  std::unique_ptr<Stream> a, b;
};
Pair makePair(Loop& loop) {
  int ends[2];
  ORBIT_CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  return {adopt(loop, ends[0]), adopt(loop, ends[1])};
}

Task<std::size_t> readAll(Loop& loop, Stream& stream) {
  std::size_t total = 0;
  std::string buffer(4096, '\0');
  for (;;) {
    const auto count = co_await stream.read(buffer, soon(loop));
    if (!count.ok() || *count == 0) co_return total;
    total += *count;
  }
}

Task<void> writeAndEnd(Loop& loop, Stream& stream, std::string bytes) {
  const Status written = co_await stream.write(bytes, soon(loop));
  EXPECT_TRUE(written.ok());
  EXPECT_TRUE(stream.shutdownWrite().ok());
}

TEST(Stream, LargeWritesArriveWholeInPieces) {
  Loop loop;
  const Pair pair = makePair(loop);
  loop.spawn(writeAndEnd(loop, *pair.a, std::string(5'000'000, 'x')));
  EXPECT_EQ(loop.runTask(readAll(loop, *pair.b)), 5'000'000U);
}

Task<int> pingPong(Loop& loop, Stream& a, Stream& b, int count) {
  char byte = 0;
  for (int i = 0; i < count; ++i) {
    const Status written = co_await a.write("x", soon(loop));
    if (!written.ok()) co_return i;
    const auto read = co_await b.read(std::span(&byte, 1), soon(loop));
    if (!read.ok() || *read != 1) co_return i;
  }
  co_return count;
}

TEST(Stream, HundredThousandReadyOperationsDoNotGrowTheStackNorStarveOthers) {
  Loop loop;
  const Pair pair = makePair(loop);
  int ticks = 0;
  auto ticker = [](Loop& owner, int& count) -> Task<void> {
    for (;;) {
      const Status slept = co_await owner.sleep(Duration(0));
      EXPECT_TRUE(slept.ok());
      ++count;
    }
  };
  loop.spawn(ticker(loop, ticks));
  EXPECT_EQ(loop.runTask(pingPong(loop, *pair.a, *pair.b, 100'000)), 100'000);
  EXPECT_GT(ticks, 100);
}

TEST(Stream, ReadEndsByDeadlineCancelAndPeer) {
  Loop loop;
  Pair pair = makePair(loop);
  std::string buffer(16, '\0');
  const Wait brief{loop.clock().now() + 5ms, nullptr};
  EXPECT_EQ(loop.runTask(pair.a->read(buffer, brief)).error().code, Code::kTimeout);
  Cancel cancel;
  const Wait cancellable{Instant::max(), &cancel};
  loop.post([&] { cancel.request(); });
  EXPECT_EQ(loop.runTask(pair.a->read(buffer, cancellable)).error().code, Code::kCancelled);
  EXPECT_TRUE(pair.a->quiet());
  pair.b.reset();
  EXPECT_FALSE(pair.a->quiet());
  EXPECT_EQ(*loop.runTask(pair.a->read(buffer, soon(loop))), 0U);
  // EPIPE is an error, not a signal.
  EXPECT_EQ(loop.runTask(pair.a->write("x", soon(loop))).error().code, Code::kUnavailable);
}

TEST(Stream, ClosedByPeerTellsWithoutReading) {
  Loop loop;
  Pair pair = makePair(loop);
  ASSERT_TRUE(loop.runTask(pair.b->write("unread", soon(loop))).ok());
  const Wait brief{loop.clock().now() + 5ms, nullptr};
  EXPECT_EQ(loop.runTask(pair.a->closedByPeer(brief)).error().code, Code::kTimeout);
  loop.post([&] { pair.b.reset(); });
  EXPECT_TRUE(loop.runTask(pair.a->closedByPeer(soon(loop))).ok());
  std::string buffer(16, '\0');
  EXPECT_EQ(*loop.runTask(pair.a->read(buffer, soon(loop))), 6U);
}

TEST(Stream, AReaderAndACloseWatcherShareADescriptor) {
  Loop loop;
  Pair pair = makePair(loop);
  bool closed = false;
  auto watch = [](Loop& owner, Stream& stream, bool& out) -> Task<void> {
    const Status status = co_await stream.closedByPeer(soon(owner));
    out = status.ok();
  };
  loop.spawn(watch(loop, *pair.a, closed));
  std::string buffer(16, '\0');
  loop.post([&] { loop.spawn(writeAndEnd(loop, *pair.b, "hello")); });
  EXPECT_EQ(*loop.runTask(pair.a->read(buffer, soon(loop))), 5U);
  EXPECT_EQ(*loop.runTask(pair.a->read(buffer, soon(loop))), 0U);
  loop.runTask(loop.sleep(Duration(0))).ok();
  EXPECT_TRUE(closed);
}

TEST(Stream, TasksSuspendedInReadsAreFreedWithTheLoop) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  {
    Loop loop;
    auto hang = [](Loop& owner, std::unique_ptr<Stream> stream) -> Task<void> {
      TaskGroup group(owner);
      auto child = [](Loop& inner, Stream& from) -> Task<void> { (void)co_await from.closedByPeer(soon(inner)); };
      group.add(child(owner, *stream));
      std::string buffer(16, '\0');
      (void)co_await stream->read(buffer, Wait());
    };
    loop.spawn(hang(loop, adopt(loop, ends[0])));
    (void)loop.runTask(loop.sleep(1ms));
  }
  char byte = 0;
  EXPECT_EQ(::read(ends[1], &byte, 1), 0);  // the stream was closed
  ::close(ends[1]);
}

Task<std::string> greet(Loop& loop, Listener& listener, Address address) {
  auto serve = [](Loop& owner, Listener& from) -> Task<void> {
    auto stream = co_await from.accept(soon(owner));
    ORBIT_CHECK(stream.ok());
    (void)co_await (*stream)->write("hi", soon(owner));
  };
  TaskGroup group(loop);
  group.add(serve(loop, listener));
  auto stream = co_await connect(loop, address, soon(loop));
  if (!stream.ok()) co_return stream.error().text();
  std::string buffer(16, '\0');
  const auto count = co_await (*stream)->read(buffer, soon(loop));
  co_return count.ok() ? buffer.substr(0, *count) : count.error().text();
}

TEST(Listener, UnixWithModeStaleAndTakenPaths) {
  Loop loop;
  const SocketPlace place;
  const std::string& path = place.path;
  {
    const auto listener = Listener::unixSocket(loop, path, 0600);
    ASSERT_TRUE(listener.ok()) << listener.error().text();
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    EXPECT_EQ(loop.runTask(greet(loop, **listener, Address::unixSocket(path))), "hi");
    const auto second = Listener::unixSocket(loop, path, 0600);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code, Code::kConflict);
  }
  EXPECT_EQ(loop.runTask(connect(loop, Address::unixSocket(path), soon(loop))).error().code, Code::kUnavailable);
  const auto again = Listener::unixSocket(loop, path, 0600);  // the file is stale
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(loop.runTask(greet(loop, **again, Address::unixSocket(path))), "hi");
  ::unlink(path.c_str());
  EXPECT_EQ(loop.runTask(connect(loop, Address::unixSocket(path), soon(loop))).error().code, Code::kUnavailable);
}

TEST(Listener, AFileInTheWayIsNotRemoved) {
  Loop loop;
  const SocketPlace place;
  const std::string& path = place.path;
  ::close(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  const auto listener = Listener::unixSocket(loop, path, 0600);
  ASSERT_FALSE(listener.ok());
  EXPECT_EQ(listener.error().code, Code::kConflict);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST(Listener, TcpByAddressAndByNameWithSeveralAddresses) {
  Loop loop;
  const auto listener = Listener::tcp(loop, "127.0.0.1", 0);
  ASSERT_TRUE(listener.ok()) << listener.error().text();
  const int port = (*listener)->port();
  EXPECT_GT(port, 0);
  EXPECT_EQ(loop.runTask(greet(loop, **listener, Address::tcp("127.0.0.1", port))), "hi");
  // On many machines ::1 comes first and refuses.
  EXPECT_EQ(loop.runTask(greet(loop, **listener, Address::tcp("localhost", port))), "hi");
}

TEST(Connect, RefusedAndUnknownNamesAreUnavailable) {
  Loop loop;
  int port = 0;
  {
    const auto listener = Listener::tcp(loop, "127.0.0.1", 0);
    port = (*listener)->port();
  }
  EXPECT_EQ(loop.runTask(connect(loop, Address::tcp("127.0.0.1", port), soon(loop))).error().code, Code::kUnavailable);
  const Address nowhere = Address::tcp("no-such-host.invalid", 80);
  EXPECT_EQ(loop.runTask(connect(loop, nowhere, soon(loop))).error().code, Code::kUnavailable);
}

TEST(Connect, AFullQueueIsWaitedFor) {
  Loop loop;
  const SocketPlace place;
  const std::string& path = place.path;
  const auto listener = Listener::unixSocket(loop, path, 0600);
  ASSERT_TRUE(listener.ok());
  ASSERT_EQ(::listen((*listener)->descriptor(), 0), 0);
  std::vector<std::unique_ptr<Stream>> queued;
  for (int i = 0; i < 1; ++i) {
    auto stream = loop.runTask(connect(loop, Address::unixSocket(path), soon(loop)));
    ASSERT_TRUE(stream.ok());
    queued.push_back(std::move(stream).value());
  }
  const Wait brief{loop.clock().now() + 50ms, nullptr};
  EXPECT_EQ(loop.runTask(connect(loop, Address::unixSocket(path), brief)).error().code, Code::kTimeout);
}

}  // namespace
}  // namespace orbit::net

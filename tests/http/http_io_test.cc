// http's two ends against each other and against scripted peers, over unix sockets.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "http/http.h"

namespace orbit::http {
namespace {

using namespace std::chrono_literals;

std::string freshFolder() {
  std::string name = "/tmp/orbit-http-XXXXXX";
  ORBIT_CHECK(mkdtemp(name.data()) != nullptr);
  return name;
}

net::Wait soon(net::Loop& loop) {
  return {loop.clock().now() + 10s, nullptr};
}

// A server with a handler of the test's, on a socket of its own.
class HttpIo : public testing::Test {
 protected:
  HttpIo() : folder_(freshFolder()), path_(folder_ + "/s"), client_(loop_, net::Address::unixSocket(path_)) {}
  ~HttpIo() override {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
  }

  void listen() {
    auto listener = net::Listener::unixSocket(loop_, path_, 0600);
    ASSERT_TRUE(listener.ok()) << listener.error().text();
    listener_ = std::move(listener).value();
  }
  void serveWith(Handler handler) {
    listen();
    loop_.spawn(serve(loop_, *listener_, std::move(handler), cancel_));
  }
  // Answers connections one after another: waits for `until` in what arrives, then sends `answer` and maybe closes.
  struct Script {
    std::string until, answer;
    bool close = true;
  };
  net::Task<void> play(std::vector<Script> scripts) {
    std::unique_ptr<net::Stream> stream;
    std::string seen;
    for (const Script& script : scripts) {
      if (stream == nullptr) {
        auto accepted = co_await listener_->accept(soon(loop_));
        ORBIT_CHECK(accepted.ok());
        stream = std::move(accepted).value();
        ++connections_;
        seen.clear();
      }
      while (seen.find(script.until) == std::string::npos) {
        std::string buffer(4096, '\0');
        const auto count = co_await stream->read(buffer, soon(loop_));
        if (!count.ok() || *count == 0) break;
        seen.append(buffer, 0, *count);
      }
      received_ += seen;
      seen.clear();
      const Status written = co_await stream->write(script.answer, soon(loop_));
      EXPECT_TRUE(written.ok());
      if (script.close) stream.reset();
    }
    held_ = std::move(stream);
  }
  void playScripts(std::vector<Script> scripts) {
    listen();
    loop_.spawn(play(std::move(scripts)));
  }

  net::Task<Result<std::string>> fetch(Request request) {
    auto answer = co_await client_.send(std::move(request), soon(loop_));
    if (!answer.ok()) co_return std::move(answer).error();
    auto body = co_await (*answer)->readAll(1 << 24, soon(loop_));
    if (!body.ok()) co_return std::move(body).error();
    co_return std::to_string((*answer)->head().status) + " " + *body;
  }
  Result<std::string> get(std::string method = "GET", std::string body = "") {
    Request request;
    request.head.method = std::move(method);
    request.body = std::move(body);
    return loop_.runTask(fetch(std::move(request)));
  }

  net::Loop loop_;
  net::Cancel cancel_;
  std::string folder_, path_;
  std::unique_ptr<net::Listener> listener_;
  std::unique_ptr<net::Stream> held_;
  Client client_;
  int connections_ = 0;
  std::string received_;
};

net::Task<void> echo(net::Loop& loop, Exchange& exchange) {
  const auto body = co_await exchange.readWholeBody(1 << 24, soon(loop));
  Fields fields;
  fields.add("Content-Type", "text/plain");
  std::string text = exchange.request().method + " " + exchange.request().target;
  if (body.ok()) text += " " + *body;
  const Status sent = co_await exchange.respond(200, std::move(fields), std::move(text));
  EXPECT_TRUE(sent.ok());
}

TEST_F(HttpIo, RequestAndAnswerOnOneKeptConnection) {
  serveWith([this](Exchange& exchange) { return echo(loop_, exchange); });
  for (int i = 0; i < 3; ++i) {
    const auto text = get();
    ASSERT_TRUE(text.ok()) << text.error().text();
    EXPECT_EQ(*text, "200 GET / ");
  }
  EXPECT_EQ(*get("POST", std::string(300'000, 'x')), "200 POST / " + std::string(300'000, 'x'));
}

TEST_F(HttpIo, BodiesStreamBothWays) {
  serveWith([](Exchange& exchange) -> net::Task<void> {
    const Status begun = co_await exchange.begin(200, Fields());
    EXPECT_TRUE(begun.ok());
    for (;;) {
      const auto piece = co_await exchange.readBody(net::Wait());
      EXPECT_TRUE(piece.ok());
      if (!piece.ok() || piece->empty()) co_return;
      const Status sent = co_await exchange.write("<" + *piece + ">");
      EXPECT_TRUE(sent.ok());
    }
  });
  // The next piece is sent only after the echo of the one before was read: both directions at once.
  auto body = [](net::Loop& loop, Client& client) -> net::Task<std::string> {
    int left = 3;
    net::Condition next(loop);
    bool go = true;
    Request request;
    request.head.method = "POST";
    request.source = [&]() -> net::Task<Result<std::string>> {
      while (!go) {
        const Status woken = co_await next.wait(soon(loop));
        if (!woken.ok()) co_return woken.error();
      }
      go = false;
      co_return left-- > 0 ? "p" + std::to_string(left) : std::string();
    };
    auto answer = co_await client.send(std::move(request), soon(loop));
    if (!answer.ok()) co_return answer.error().text();
    std::string all;
    for (;;) {
      const auto piece = co_await (*answer)->read(soon(loop));
      if (!piece.ok()) co_return piece.error().text();
      if (piece->empty()) co_return all;
      all += *piece;
      go = true;
      next.notifyAll();
    }
  };
  EXPECT_EQ(loop_.runTask(body(loop_, client_)), "<p2><p1><p0>");
}

TEST_F(HttpIo, HandlerLearnsThatItsClientWentAway) {
  bool told = false;
  serveWith([&told, this](Exchange& exchange) -> net::Task<void> {
    net::Wait wait = soon(loop_);
    wait.cancel = &exchange.gone();
    const Status slept = co_await loop_.sleep(1h, wait);
    told = !slept.ok() && slept.error().code == Code::kCancelled;
    loop_.stop();
  });
  auto leave = [](net::Loop& loop, std::string path) -> net::Task<void> {
    auto stream = co_await net::connect(loop, net::Address::unixSocket(std::move(path)), soon(loop));
    ORBIT_CHECK(stream.ok());
    const Status sent = co_await (*stream)->write("GET / HTTP/1.1\r\nHost: x\r\n\r\n", soon(loop));
    EXPECT_TRUE(sent.ok());
    const Status slept = co_await loop.sleep(20ms);
    EXPECT_TRUE(slept.ok());
  };
  loop_.spawn(leave(loop_, path_));
  loop_.run();
  EXPECT_TRUE(told);
}

TEST_F(HttpIo, ExpectContinueIsInvitedWhenTheHandlerReads) {
  serveWith([this](Exchange& exchange) { return echo(loop_, exchange); });
  auto talk = [](net::Loop& loop, std::string path) -> net::Task<std::string> {
    auto stream = co_await net::connect(loop, net::Address::unixSocket(std::move(path)), soon(loop));
    ORBIT_CHECK(stream.ok());
    (void)co_await (*stream)->write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
                                    soon(loop));
    std::string buffer(4096, '\0');
    const auto first = co_await (*stream)->read(buffer, soon(loop));
    const std::string interim = buffer.substr(0, *first);
    (void)co_await (*stream)->write("hi", soon(loop));
    const auto second = co_await (*stream)->read(buffer, soon(loop));
    co_return interim + buffer.substr(0, *second);
  };
  const std::string seen = loop_.runTask(talk(loop_, path_));
  EXPECT_EQ(seen.find("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), 0U) << seen;
  EXPECT_NE(seen.find("POST / hi"), std::string::npos);
}

TEST_F(HttpIo, RefusesWhatCouldBeReadTwoWays) {
  serveWith([this](Exchange& exchange) { return echo(loop_, exchange); });
  auto talk = [](net::Loop& loop, std::string path, std::string bytes) -> net::Task<std::string> {
    auto stream = co_await net::connect(loop, net::Address::unixSocket(std::move(path)), soon(loop));
    ORBIT_CHECK(stream.ok());
    (void)co_await (*stream)->write(bytes, soon(loop));
    std::string all, buffer(4096, '\0');
    for (;;) {
      const auto count = co_await (*stream)->read(buffer, soon(loop));
      if (!count.ok() || *count == 0) co_return all.substr(0, 12);
      all.append(buffer, 0, *count);
    }
  };
  const std::string both = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(loop_.runTask(talk(loop_, path_, both)), "HTTP/1.1 400");
  EXPECT_EQ(loop_.runTask(talk(loop_, path_, "GET / HTTP/1.1\nHost: x\n\n")), "HTTP/1.1 400");
  const std::string large = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(70'000, 'a');
  EXPECT_EQ(loop_.runTask(talk(loop_, path_, large)), "HTTP/1.1 431");
}

TEST_F(HttpIo, UpgradeGivesBothSidesTheStream) {
  serveWith([this](Exchange& exchange) -> net::Task<void> {
    auto stream = co_await exchange.upgrade("orbit-stream");
    ORBIT_CHECK(stream.ok());
    (void)co_await (*stream)->write("hello", soon(loop_));
    std::string buffer(64, '\0');
    const auto count = co_await (*stream)->read(buffer, soon(loop_));
    ORBIT_CHECK(count.ok());
    const std::string reply = "got " + buffer.substr(0, *count);
    (void)co_await (*stream)->write(reply, soon(loop_));
  });
  auto talk = [](net::Loop& loop, Client& client) -> net::Task<std::string> {
    Request request;
    request.head.method = "POST";
    request.body = "{}";
    request.head.fields.add("Connection", "Upgrade");
    request.head.fields.add("Upgrade", "orbit-stream");
    auto answer = co_await client.send(std::move(request), soon(loop));
    if (!answer.ok()) co_return answer.error().text();
    auto stream = (*answer)->takeStream();
    if (stream == nullptr) co_return "no stream";
    (void)co_await stream->write("input", soon(loop));
    std::string all, buffer(64, '\0');
    for (;;) {
      const auto count = co_await stream->read(buffer, soon(loop));
      if (!count.ok() || *count == 0) co_return std::to_string((*answer)->head().status) + " " + all;
      all.append(buffer, 0, *count);
    }
  };
  EXPECT_EQ(loop_.runTask(talk(loop_, client_)), "101 hellogot input");
}

TEST_F(HttpIo, DockersHijackKeepsTheFirstBytes) {
  playScripts({{"\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nfirst"}});
  auto talk = [](net::Loop& loop, Client& client) -> net::Task<std::string> {
    auto answer = co_await client.send(Request(), soon(loop));
    if (!answer.ok()) co_return answer.error().text();
    auto stream = (*answer)->takeStream();
    std::string buffer(64, '\0');
    const auto count = co_await stream->read(buffer, soon(loop));
    co_return buffer.substr(0, *count);
  };
  EXPECT_EQ(loop_.runTask(talk(loop_, client_)), "first");
}

TEST_F(HttpIo, InterimAnswersAreSkippedAndCutOffOnesTold) {
  playScripts(
      {{"\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok"},
       {"\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok"}});
  EXPECT_EQ(*get(), "200 ok");
  EXPECT_EQ(get().error().code, Code::kUnavailable);
}

TEST_F(HttpIo, AConnectionThatThePeerClosedIsNotReused) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  playScripts({{"\r\n\r\n", ok}, {"\r\n\r\n", ok}});
  EXPECT_EQ(*get("POST", "a"), "200 ok");
  EXPECT_EQ(*get("POST", "b"), "200 ok");
  EXPECT_EQ(connections_, 2);
}

TEST_F(HttpIo, AGetThatFindsItsPooledConnectionDyingGoesOnceMore) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  // The second request reaches the first connection, which closes without an answer.
  playScripts({{"\r\n\r\n", ok, false}, {"\r\n\r\n", "", true}, {"\r\n\r\n", ok}});
  EXPECT_EQ(*get(), "200 ok");
  EXPECT_EQ(*get(), "200 ok");
  EXPECT_EQ(connections_, 2);
}

TEST_F(HttpIo, APostIsNotRepeated) {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  playScripts({{"\r\n\r\n", ok, false}, {"\r\n\r\nb", "", true}});
  EXPECT_EQ(*get(), "200 ok");
  const auto second = get("POST", "b");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_FALSE(second.error().retrySafe);
}

TEST_F(HttpIo, AnAnswerBeforeTheWholeBodyIsReadCounts) {
  playScripts({{"\r\n\r\n", "HTTP/1.1 413 x\r\nContent-Length: 3\r\n\r\nbig"}});
  EXPECT_EQ(*get("POST", std::string(4'000'000, 'x')), "413 big");
}

TEST_F(HttpIo, ASourceThatFailsFailsTheRequestWithItsOwnError) {
  serveWith([this](Exchange& exchange) { return echo(loop_, exchange); });
  Request request;
  request.head.method = "POST";
  request.source = []() -> net::Task<Result<std::string>> { co_return Error{Code::kNoSpace, "disk"}; };
  EXPECT_EQ(loop_.runTask(fetch(std::move(request))).error().code, Code::kNoSpace);
}

TEST_F(HttpIo, NobodyThereIsUnavailableAndSafeToRetry) {
  const auto text = get("POST", "x");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, Code::kUnavailable);
  EXPECT_TRUE(text.error().retrySafe);
}

TEST_F(HttpIo, HeadersThatWouldSplitAreRefused) {
  Request request;
  request.head.fields.add("X", "a\r\nY: b");
  EXPECT_EQ(loop_.runTask(fetch(std::move(request))).error().code, Code::kInvalid);
}

TEST_F(HttpIo, CancelEndsServeWithHandlersTold) {
  bool ended = false;
  serveWith([&ended, this](Exchange& exchange) -> net::Task<void> {
    net::Wait wait;
    wait.cancel = &exchange.gone();
    loop_.post([this] { cancel_.request(); });
    const Status slept = co_await loop_.sleep(1h, wait);
    EXPECT_FALSE(slept.ok());
    ended = true;
    const Status sent = co_await exchange.respond(503, Fields(), "closing");
    EXPECT_TRUE(sent.ok());
  });
  EXPECT_EQ(*get(), "503 closing");
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace orbit::http

// The real client against an engine that goes away in the middle: a scripted one on a unix socket that answers each
// connection with the next text of its list and closes it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/engine.h"

namespace orbit::engine {
namespace {

using net::Task;

std::string reply(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nConnection: close\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
std::string version(const std::string& api, const std::string& least = "1.24") {
  return reply(200, R"({"Version":"99.1","ApiVersion":")" + api + R"(","MinAPIVersion":")" + least + "\"}");
}
const std::string kCutOff = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{";
const std::string kSilence;

class Restart : public ::testing::Test {
 protected:
  ~Restart() override { ::unlink(path_.c_str()); }

  // Serves `script`; afterwards nobody listens.
  Task<void> serve(std::vector<std::string> script) {
    auto listener = net::Listener::unixSocket(loop_, path_, 0600);
    EXPECT_TRUE(listener.ok()) << listener.error().text();
    for (const auto& text : script) {
      auto stream = co_await (*listener)->accept({});
      if (!stream.ok()) co_return;
      std::string request;
      std::array<char, 4096> buffer{};
      while (request.find("\r\n\r\n") == std::string::npos) {
        const auto got = co_await (*stream)->read(buffer, {});
        if (!got.ok() || *got == 0) break;
        request.append(buffer.data(), *got);
      }
      requests_.push_back(request.substr(0, request.find(" HTTP/")));
      heads_.push_back(std::move(request));
      const Status written = co_await (*stream)->write(text, {});
      EXPECT_TRUE(written.ok());
    }
  }
  Engine& engine(std::vector<std::string> script) {
    server_.add(serve(std::move(script)));
    engine_ = connectEngine(loop_, {"unix://" + path_, false, "", ""});
    return *engine_;
  }
  template <class T>
  T run(Task<T> task) {
    return loop_.runTask(std::move(task));
  }

  net::Loop loop_;
  std::string path_ = "/tmp/orbit-restart-" + std::to_string(::getpid()) + ".sock";
  std::vector<std::string> requests_;  // "GET /version"
  std::vector<std::string> heads_;     // whole
  net::TaskGroup server_{loop_};
  std::unique_ptr<Engine> engine_;
};

TEST_F(Restart, TheVersionIsAskedOnceAndSpoken) {
  Engine& one = engine({version("1.47"), reply(200, "[]"), reply(200, "[]")});
  EXPECT_TRUE(run(one.listContainers({}, {})).ok());
  EXPECT_TRUE(run(one.listContainers({}, {})).ok());
  EXPECT_EQ(requests_, (std::vector<std::string>{"GET /version", "GET /v1.47/containers/json?all=1",
                                                 "GET /v1.47/containers/json?all=1"}));
}

TEST_F(Restart, AnOldEngineIsRefusedByName) {
  const auto listed = run(engine({version("1.40")}).listContainers({}, {}));
  ASSERT_FALSE(listed.ok());
  EXPECT_EQ(listed.error().code, Code::kUnsupported);
  EXPECT_NE(listed.error().message.find("99.1"), std::string::npos);
}

TEST_F(Restart, SomethingElseThanAnEngineIsNamed) {
  EXPECT_EQ(run(engine({reply(200, "<html>")}).listContainers({}, {})).error().code, Code::kProtocol);
}

TEST_F(Restart, NoEngineIsToldAtOnce) {
  engine_ = connectEngine(loop_, {"unix:///tmp/orbit-no-such-engine.sock", false, "", ""});
  const auto listed = run(engine_->listContainers({}, {}));
  ASSERT_FALSE(listed.ok());
  EXPECT_EQ(listed.error().code, Code::kUnavailable);
  EXPECT_NE(listed.error().hint.find("apt install docker.io"), std::string::npos);
}

TEST_F(Restart, AReadIsAskedAgainInTheNewVersion) {
  Engine& one = engine({version("1.47"), kCutOff, version("1.52"), kSilence, version("1.52"), reply(200, "[]")});
  EXPECT_TRUE(run(one.listContainers({}, {})).ok());
  EXPECT_EQ(requests_.back(), "GET /v1.52/containers/json?all=1");
}

TEST_F(Restart, AReadEndsAtItsDeadline) {
  Engine& one = engine({version("1.47"), kCutOff});
  const net::Wait wait{loop_.clock().now() + std::chrono::milliseconds(300), nullptr};
  EXPECT_FALSE(run(one.listContainers({}, wait)).ok());
}

TEST_F(Restart, AChangeThatMayHaveHappenedIsNotRepeated) {
  Engine& one = engine({version("1.47"), kSilence, version("1.47"), reply(204, "")});
  const Status killed = run(one.killContainer("web", "HUP", {}));
  ASSERT_FALSE(killed.ok());
  EXPECT_EQ(killed.error().code, Code::kUnavailable);
  EXPECT_FALSE(killed.error().retrySafe);
  EXPECT_NE(killed.error().message.find("unknown"), std::string::npos);
  EXPECT_EQ(requests_.size(), 2u);
}

TEST_F(Restart, AStartIsRepeated) {
  Engine& one = engine({version("1.47"), kSilence, version("1.47"), "HTTP/1.1 304 Not Modified\r\n\r\n"});
  EXPECT_TRUE(run(one.startContainer("web", {})).ok());
  EXPECT_EQ(requests_.size(), 4u);
}

TEST_F(Restart, ARemovalThatWasLostAndIsGoneIsDone) {
  const std::string gone = reply(404, R"({"message":"network x not found"})");
  Engine& one = engine({version("1.47"), kSilence, version("1.47"), gone, gone});
  EXPECT_TRUE(run(one.removeNetwork("x", {})).ok());
  EXPECT_EQ(run(one.removeNetwork("x", {})).error().code, Code::kNotFound);
}

TEST_F(Restart, ACreateWhoseAnswerWasLostIsFoundByNameAndLabels) {
  model::ContainerSpec spec;
  spec.image = "app";
  spec.labels = {{"a", "b"}};
  const std::string taken =
      reply(409, R"({"message":"Conflict. The container name \"/web\" is already in use by container \"1\""})");
  const auto inspected = [&](const std::string& label) {
    return reply(200, R"({"Id":"0123","Name":"/web","Created":"2999-01-01T00:00:00Z","State":{"Status":"created"},)"
                      R"("Config":{"Labels":{"a":")" +
                          label + "\"}}}");
  };
  Engine& one = engine({version("1.47"), kSilence, version("1.47"), taken, inspected("b"), taken, inspected("other")});
  const auto id = run(one.createContainer("web", spec, {}));
  ASSERT_TRUE(id.ok()) << id.error().text();
  EXPECT_EQ(*id, "0123");
  const auto other = run(one.createContainer("web", spec, {}));
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, Code::kConflict);
}

TEST_F(Restart, ARegistryThatCannotBeReachedIsNoLostEngine) {
  const std::string refused =
      reply(500, R"({"message":"Get \"http://r:1/v2/\": dial tcp 1.2.3.4:1: connect: connection refused"})");
  Engine& one = engine({version("1.47"), refused, refused});
  EXPECT_EQ(run(one.pullImage("r:1/app", "", {}, {})).error().code, Code::kUnavailable);
  EXPECT_EQ(requests_.size(), 2u);
}

TEST_F(Restart, AnErrorInsideAPullsStreamIsItsResult) {
  std::string told;
  Sink<Progress> sink = [&told](Progress progress) -> Task<Status> {
    told += progress.step + ":" + progress.text + "\n";
    co_return Status();
  };
  const std::string stream = R"({"status":"Downloading","progressDetail":{"current":1,"total":2},"id":"ab"})"
                             "\r\n"
                             R"({"errorDetail":{"message":"write /x: no space left on device"},"error":"..."})"
                             "\r\n";
  const Status pulled = run(engine({version("1.47"), reply(200, stream)}).pullImage("app:1", "", sink, {}));
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code, Code::kNoSpace);
  EXPECT_EQ(told, "ab:Downloading\n");
  EXPECT_EQ(requests_.back(), "POST /v1.47/images/create?fromImage=app&tag=1");
}

// A credential helper that answers for one registry, found by PATH.
class CredentialHelper {
 public:
  CredentialHelper() : folder_("/tmp/orbit-helper-" + std::to_string(::getpid())), path_(std::getenv("PATH")) {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/config.json") << R"({"credHelpers":{"r.example":"orbit-test"}})";
    const std::string program = folder_ + "/docker-credential-orbit-test";
    std::ofstream(program) << "#!/bin/sh\nread server\n[ \"$1 $server\" = 'get r.example' ] || exit 1\n"
                              "echo '{\"Username\":\"u\",\"Secret\":\"p\"}'\n";
    std::filesystem::permissions(program, std::filesystem::perms(0700));
    ::setenv("PATH", (folder_ + ":" + path_).c_str(), 1);
  }
  ~CredentialHelper() {
    ::setenv("PATH", path_.c_str(), 1);
    std::filesystem::remove_all(folder_);
  }
  const std::string& folder() const { return folder_; }

 private:
  std::string folder_, path_;
};

TEST_F(Restart, APullCarriesTheHelpersCredential) {
  const CredentialHelper helper;
  server_.add(serve({version("1.47"), reply(200, ""), reply(200, "")}));
  engine_ = connectEngine(loop_, {"unix://" + path_, false, "", helper.folder()});
  EXPECT_TRUE(run(engine_->pullImage("r.example/app:1", "", {}, {})).ok());
  EXPECT_TRUE(run(engine_->pullImage("other.example/app:1", "", {}, {})).ok());
  // {"serveraddress":"r.example","username":"u","password":"p"}
  const std::string header = "eyJzZXJ2ZXJhZGRyZXNzIjoici5leGFtcGxlIiwidXNlcm5hbWUiOiJ1IiwicGFzc3dvcmQiOiJwIn0=";
  ASSERT_EQ(heads_.size(), 3u);
  EXPECT_NE(heads_[1].find(header), std::string::npos) << heads_[1];
  EXPECT_EQ(heads_[2].find("X-Registry-Auth"), std::string::npos) << heads_[2];
}

TEST_F(Restart, FollowedLogsGoOnWhereTheyStopped) {
  const auto lines = [](const std::vector<std::string>& texts, bool whole) {
    std::string body;
    for (const auto& text : texts) {
      const std::string line = text + "\n";
      body += std::string("\1\0\0\0\0\0\0", 7) + static_cast<char>(line.size()) + line;
    }
    const std::string size = std::to_string(body.size() + (whole ? 0 : 10));
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + size + "\r\n\r\n" + body;
  };
  const std::string first = "2026-11-24T01:02:10.000001Z a", second = "2026-11-24T01:02:10.000001Z b",
                    third = "2026-11-24T01:02:10.000001Z c", fourth = "2026-11-24T01:02:11Z d";
  std::string seen;
  Sink<LogRecord> sink = [&seen](LogRecord record) -> Task<Status> {
    seen += record.text;
    co_return Status();
  };
  LogOptions follow;
  follow.follow = true;
  Engine& one = engine({version("1.47"), reply(200, R"({"Id":"0123"})"), lines({first, second}, false), version("1.47"),
                        lines({first, second, third, fourth}, true)});
  EXPECT_TRUE(run(one.logs("web", follow, sink, {})).ok());
  EXPECT_EQ(seen, "abcd");
  EXPECT_NE(requests_.back().find("since=1795482130.000001"), std::string::npos) << requests_.back();
}

}  // namespace
}  // namespace orbit::engine

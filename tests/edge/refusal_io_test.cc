// What the edge answers before there is an exchange: each is one request in the counters and one line in the log
// (decision 14), of no route, service or release.
#include <filesystem>
#include <fstream>

#include "edge_fixture.h"
#include "h2/frames.h"
#include "h2/reader.h"
#include "signal/signal.h"

namespace orbit::edge {
namespace {

using namespace h2test;  // NOLINT: frames by their names

class Refusals : public EdgeTest {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "refusals-" + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
    Options options;
    options.signalFile = folder_ + "/signals";
    options.logFile = folder_ + "/access.log";
    auto edge = Edge::create(loop_, options);
    ASSERT_TRUE(edge.ok());
    edge_ = std::move(*edge);
    app_ = std::make_unique<Upstream>(answering([](const std::string&, const std::string&) { return ok("body"); }));
    table_.log.json = true;
    serve({app_->address()});
  }
  void TearDown() override {
    edge_.reset();
    std::filesystem::remove_all(folder_);
  }
  // Sent on a connection of its own; until the edge closes it.
  void exchange(std::string_view bytes) {
    Peer peer = client();
    peer.send(bytes);
    peer.all();
  }
  // Ends the edge; what it counted as requests, as "status route service release", and its log.
  std::vector<std::string> counted() {
    drain(std::chrono::seconds(5));
    std::vector<std::string> rows;
    auto reader = signal::Reader::open(folder_ + "/signals");
    EXPECT_TRUE(reader.ok());
    std::string texts;
    for (const auto& seen : (*reader)->records(1000, texts)) {
      if (seen.record.kind != signal::Key::Kind::kRequest) continue;
      rows.push_back(std::to_string(seen.record.sample.status) + " " + seen.key.route + "|" + seen.key.service + "|" +
                     seen.key.release);
    }
    std::uint64_t count = 0;
    for (const auto& series : (*reader)->snapshot().series) {
      if (series.key.kind == signal::Key::Kind::kRequest) count += series.counters.count();
    }
    EXPECT_EQ(count, rows.size());
    EXPECT_EQ(edge_->state().requests, rows.size());
    std::ifstream file(folder_ + "/access.log");
    for (std::string line; std::getline(file, line);) log_.push_back(line);
    EXPECT_EQ(log_.size(), rows.size());
    return rows;
  }
  bool logged(const std::string& part) const {
    return std::any_of(log_.begin(), log_.end(),
                       [&](const std::string& line) { return line.find(part) != std::string::npos; });
  }
  std::string folder_;
  std::unique_ptr<Upstream> app_;
  std::vector<std::string> log_;
};

TEST_F(Refusals, OfHttp1) {
  client().close();
  exchange("nonsense\r\n\r\n");
  exchange("GET /a/b?token=1 HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\nUser-Agent: me\r\n\r\n");
  exchange("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
  exchange("GET / HTTP/1.1\r\nHost: a.test\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n");
  exchange("GET / HTTP/1.1\r\nHost: a.test\r\nExpect: a\r\nContent-Length: 1\r\n\r\n");
  exchange("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(counted(), (std::vector<std::string>{"400 ||", "400 ||", "501 ||", "431 ||", "417 ||", "200 app/|app|r1"}));
  EXPECT_TRUE(
      logged(R"("method":"GET","host":"a.test","path":"/a/b","query":"token=***","protocol":"HTTP/1.1","status":400)"));
  EXPECT_TRUE(logged(R"("user_agent":"me")"));
}

TEST_F(Refusals, OfABodyThatIsMalformed) {
  Peer peer = client();
  peer.send("POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nxyz\r\n");
  EXPECT_EQ(readAnswer(peer).status, 400);
  EXPECT_FALSE(peer.more());
  EXPECT_EQ(counted(), std::vector<std::string>{"400 app/|app|"});
}

TEST_F(Refusals, OfHttp2) {
  Peer peer = client();
  const std::string large = request("GET", "/" + std::string(17'000, 'x'));
  peer.send(preface() + settings() + headers(1, field(":method", "CONNECT") + field(":authority", "a.test:1")) +
            headers(3, request("GET", "no-slash")) +
            headers(5, field(":method", "GET") + field(":scheme", "https") + field(":authority", "a.test")) +
            headers(7, request() + field("X-Capital", "1")) + headers(9, large.substr(0, 16'000), kEndStream) +
            continuation(9, large.substr(16'000)) + headers(11, request() + field("expect", "x")) +
            headers(13, request("GET", "/good")));
  std::string wire;
  Reader reader;
  while (!reader.answered[13].ended) {
    const std::string bytes = peer.exactly(1);
    ASSERT_FALSE(bytes.empty());
    wire += bytes + peer.pending();
    reader.read(wire);
  }
  peer.close();
  std::vector<std::string> rows = counted();
  std::sort(rows.begin(), rows.end());
  EXPECT_EQ(rows, (std::vector<std::string>{"0 ||", "0 ||", "0 ||", "200 app/|app|r1", "414 ||", "417 ||", "501 ||"}));
  EXPECT_TRUE(logged(
      R"("method":"GET","host":"a.test","path":"no-slash","protocol":"HTTP/2","status":0,"outcome":"client_aborted")"));
}

}  // namespace
}  // namespace orbit::edge

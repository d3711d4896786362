// A request on its way, without a socket. For the unit tests of exchange. Thread rules: the test's thread.
#pragma once
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "edge/exchange/exchange.h"
#include "edge/test_world.h"

namespace orbit::edge {

using signal::Outcome;
using Kind = signal::Key::Kind;

class TestClient final : public ClientStream {
 public:
  void sendInterim(int code, std::string_view) override { interims.push_back(code); }
  void sendHead(int code, std::string_view, std::string_view fieldLines, bool end) override {
    status = code;
    lines = fieldLines;
    ended = end;
  }
  std::size_t sendBody(std::string_view bytes) override {
    body += bytes;
    return queued;
  }
  void sendEnd(std::string_view) override { ended = true; }
  void cut() override { wasCut = true; }
  void bodyConsumed(std::size_t bytes) override { consumed += bytes; }
  void discardBody() override { discarding = true; }
  void beginTunnel() override { tunnel = true; }
  bool closing() const override { return false; }
  std::vector<int> interims;
  int status = 0;
  std::string lines, body;
  std::size_t queued = 0, consumed = 0;
  bool ended = false, wasCut = false, discarding = false, tunnel = false;
};

class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() { facts.listener = &listener; }
  void begin(const std::string& text, bool endOfBody = true) {
    http::RequestIndex head;
    ASSERT_EQ(http::parseRequestHead(text, {}, head).kind, http::ParseOutcome::Kind::kDone);
    exchange = &beginExchange(world.worker, client, facts);
    exchange->onRequest(head, endOfBody);
  }
  void get(const std::string& lines = {}) { begin("GET / HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n"); }
  void post() { begin("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n"); }
  TestAttempt& attempt() { return world.upstreams.last(); }
  std::size_t attempts() const { return world.upstreams.attempts.size(); }
  // What was counted, as "kind release status outcome".
  std::vector<std::string> counted() const {
    std::vector<std::string> rows;
    for (const auto& row : world.signals.rows) {
      rows.push_back((row.key.kind == Kind::kRequest ? "request " : "attempt ") + row.key.release + " " +
                     std::to_string(row.sample.status) + " " + std::to_string(static_cast<int>(row.sample.outcome)));
    }
    return rows;
  }
  static std::string row(const std::string& what, int status, Outcome outcome) {
    return what + " " + std::to_string(status) + " " + std::to_string(static_cast<int>(outcome));
  }
  void addWatched() {
    world.table.services[0].releases[0].weight = 0;
    world.table.services[0].releases.push_back({"new", 100, true, false, {{"c", "127.0.0.1:3"}}});
    world.apply();
  }

  TestWorld world;
  TestClient client;
  ListenerRuntime listener;
  ClientFacts facts;
  Exchange* exchange = nullptr;
};

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";

}  // namespace orbit::edge

// A worker that never runs, upstreams that a test answers for, and a client's connection that is a string. For the unit
// tests of edge. Thread rules: the test's thread.
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "edge/client/protocol.h"
#include "edge/upstream/attempt.h"
#include "edge/worker/worker.h"

namespace orbit::edge {

class TestAttempt final : public Attempt {
 public:
  TestAttempt(AttemptOwner& of, const AttemptWish& with) : owner(&of), wish(with) {}
  void start() override {
    if (refuses) return fail(AttemptFailure::kConnect);
    if (connects) owner->onAttemptReady(head);
  }
  std::size_t sendBody(std::string_view bytes) override {
    body += bytes;
    return queuedNow;
  }
  void sendEnd(std::string_view trailerLines) override {
    ended = true;
    endLines = trailerLines;
  }
  void pauseReading() override { paused = true; }
  void resumeReading() override { paused = false; }
  void cancel() override { over = cancelled = true; }

  void answer(std::string_view text, bool end) {
    http::ResponseIndex index;
    ASSERT_EQ(http::parseResponseHead(text, {}, wish.method, index).kind, http::ParseOutcome::Kind::kDone);
    over = end;
    owner->onAttemptHead(index, end);
  }
  void end(std::string_view trailers = {}) {
    over = true;
    owner->onAttemptEnd(trailers);
  }
  void fail(AttemptFailure failure) {
    over = true;
    owner->onAttemptFailed(failure);
  }

  AttemptOwner* owner;
  AttemptWish wish;
  std::string head, body, endLines;
  std::size_t queuedNow = 0;
  bool connects = true, refuses = false;
  bool ended = false, paused = false, cancelled = false, over = false;
};

class TestUpstreams final : public Upstreams {
 public:
  Attempt& make(AttemptOwner& owner, const AttemptWish& wish) override {
    attempts.push_back(std::make_unique<TestAttempt>(owner, wish));
    attempts.back()->connects = connects;
    attempts.back()->refuses = refusing == wish.instance->id;
    return *attempts.back();
  }
  TestAttempt& last() { return *attempts.back(); }
  std::vector<std::unique_ptr<TestAttempt>> attempts;
  bool connects = true;
  std::string refusing;  // id of an instance
};

// What was counted, in the order it came.
class TestSignals final : public signal::WorkerWriter {
 public:
  struct Row {
    signal::Key key;
    signal::Sample sample;
  };
  signal::SeriesId series(const signal::Key& key) override {
    keys.push_back(key);
    return static_cast<signal::SeriesId>(keys.size() - 1);
  }
  void count(signal::SeriesId id, const signal::Sample& sample) override { rows.push_back({keys[id], sample}); }
  void record(const signal::Record& record) override {
    records.push_back(record);
    signal::Record& kept = records.back();  // texts end with their request
    kept.method = kept.host = kept.path = kept.client = kept.userAgent = kept.query = kept.referer = kept.givenId = {};
  }
  void tick(std::int64_t) override {}
  void keepLog(std::function<void(const signal::AccessLine&)>) override {}
  void leaveLog() override {}
  std::vector<signal::Key> keys;
  std::vector<Row> rows;
  std::vector<signal::Record> records;
};

struct TestWorld {
  TestWorld() : worker(WorkerOptions{0, 1, &signals, nullptr}) {
    worker.setUpstreams(upstreams);
    model::TableService service;
    service.name = "app";
    service.releases.push_back({"old", 100, false, false, {{"a", "127.0.0.1:1"}, {"b", "127.0.0.1:2"}}});
    table.services = {service};
    model::TableRoute route;
    route.id = "all";
    route.service = "app";
    table.routes = {route};
    apply();
  }
  void apply() {
    auto next = TableRuntime::compile(std::make_shared<const model::RouteTable>(table), runtime.get(), worker.now());
    ASSERT_TRUE(next.ok());
    runtime = *next;
    worker.apply(runtime);
  }
  TestSignals signals;
  TestUpstreams upstreams;
  Worker worker;
  model::RouteTable table;
  std::shared_ptr<const TableRuntime> runtime;
};

class TestLink final : public ClientLink {
 public:
  explicit TestLink(Worker& worker) : worker_(worker) { facts_.listener = &listener_; }
  std::string& output() override { return out; }
  void flush() override {}
  void sendLarge(std::string_view bytes) override { out += bytes; }
  std::size_t queued() const override { return out.size(); }
  void pauseReading() override { reading = false; }
  void resumeReading() override { reading = true; }
  void shutdownWrite() override { halfClosed = true; }
  void closeWhenSent() override { closing = true; }
  void closeNow() override { reset = true; }
  void setDeadline(Instant due) override { deadline = due; }
  Worker& worker() override { return worker_; }
  Instant now() const override { return worker_.now(); }
  const ClientFacts& facts() const override { return facts_; }
  const model::RouteTable::Limits& limits() const override { return worker_.table()->runtime->table->limits; }
  bool draining() const override { return drains; }

  std::string out;
  bool reading = true, halfClosed = false, closing = false, reset = false, drains = false;
  Instant deadline{};

 private:
  Worker& worker_;
  ListenerRuntime listener_;
  ClientFacts facts_;
};

}  // namespace orbit::edge

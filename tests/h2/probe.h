// A server's HTTP/2 connection under test and what it did: requests seen, frames answered.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "h2/frames.h"
#include "h2/reader.h"
#include "http/http.h"

namespace orbit::h2test {

struct Request {
  std::string method, path, query, host, hostPort, body, trailers;
  std::map<std::string, std::string> fields;
  http::Framing framing;
  bool expectContinue = false;
  bool ended = false;
};

class Probe final : public Reader, public http::H2Server::Events {
 public:
  explicit Probe(http::H2Limits limits = {}, bool greet = true);

  // Feeds the bytes, then takes and reads all that comes back.
  Probe& feed(std::string_view bytes);
  void drain();
  // "connection PROTOCOL_ERROR", "stream 1 STREAM_CLOSED", "accepted": no error of either kind.
  std::string outcome() const;

  // H2Server::Events
  void onRequest(std::int32_t stream, http::RequestIndex& head, bool end) override;
  void onBody(std::int32_t stream, std::string_view bytes) override;
  void onRequestEnd(std::int32_t stream, std::string_view trailerLines) override;
  void onRefused(const http::RequestIndex& head, int status) override {
    refused.push_back(std::string(head.at(head.methodText)) + " " + std::string(head.at(head.target)) + " " +
                      std::to_string(status));
  }
  void onReset(std::int32_t stream, std::uint32_t code) override { resets[stream] = code; }
  void onWritable(std::int32_t stream) override { writable.push_back(stream); }
  void onSent(std::int32_t stream) override { sent.push_back(stream); }

  std::unique_ptr<http::H2Server> server;
  bool answers = true;   // with 200 and "ok", as soon as a request is whole
  bool consumes = true;  // gives the window back at once
  std::size_t takeBytes = 1 << 20;
  Instant now{std::chrono::hours(1)};

  std::map<std::int32_t, Request> requests;
  std::map<std::int32_t, std::uint32_t> resets;  // told to the listener
  std::vector<std::string> refused;              // "method target status"
  std::vector<std::int32_t> writable, sent;
  bool fed = true;  // what feed() returned last

 private:
  std::string wire_;
};

// One row of a table: what is sent after the preface, and what must come of it. Several outcomes: the RFC leaves the
// choice, and each of them is right.
struct Case {
  const char* name;
  std::string bytes;
  std::vector<std::string> outcomes;
};
void runCases(const std::vector<Case>& cases);

}  // namespace orbit::h2test

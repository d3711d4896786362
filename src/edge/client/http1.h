// HTTP/1.1 with a client (RFC 9112): one request after the other, each an Exchange; pipelined ones wait in order.
// Private to edge. Thread rules: the worker's thread.
#pragma once
#include "edge/client/protocol.h"
#include "http/http.h"

namespace orbit::edge {

class Http1Client final : public ClientProtocol, public ClientStream {
 public:
  explicit Http1Client(ClientLink& link);

  void onBytes(std::string_view bytes) override;
  void onEnd() override;
  void onGone() override;
  bool fill(std::string&, std::size_t) override { return false; }
  void onTaken(std::size_t left) override;
  void onDeadline() override;
  void onDrain() override;

  void sendInterim(int status, std::string_view fieldLines) override;
  void sendHead(int status, std::string_view reason, std::string_view fieldLines, bool end) override;
  std::size_t sendBody(std::string_view bytes) override;
  void sendEnd(std::string_view trailerLines) override;
  void cut() override;
  void bodyConsumed(std::size_t bytes) override;
  void discardBody() override;
  void beginTunnel() override;
  bool closing() const override { return !keepAlive_ || link_.draining(); }

 private:
  enum class State : std::uint8_t { kIdle, kHead, kBody, kAnswering, kTunnel, kClosing };
  enum class Framing : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

  std::string_view read(std::string_view bytes);  // what is left of them
  void readPending();
  bool readHead(std::string_view& bytes);  // false: nothing to go on with for now
  bool readBody(std::string_view& bytes);
  void takeBody(std::string_view piece);
  void endBody();
  void refuse(const http::RequestIndex& head, int status, std::string_view why);
  void refuseLate();
  bool breakBody(int status, std::string_view why);
  void holdBack();
  void finishExchange();
  void beginNext();
  void close();
  void idleDeadline();

  ClientLink& link_;
  Exchange* exchange_ = nullptr;
  State state_ = State::kIdle;
  Framing answer_ = Framing::kNone;
  bool minorVersion0_ = false;
  bool headRequest_ = false;
  bool keepAlive_ = true;
  bool expects_ = false;  // 100-continue, and neither it nor a byte of the body was seen
  bool headSent_ = false;
  bool answered_ = false;  // the answer's last byte is queued
  bool discarding_ = false;
  bool readingPaused_ = false;
  bool clientEnded_ = false;  // in a tunnel
  bool wasHigh_ = false;
  bool inRead_ = false;
  std::size_t owed_ = 0;  // body bytes given to the exchange and not used yet
  std::size_t discarded_ = 0;
  std::unique_ptr<http::BodyReader> body_;
  std::string pending_;          // bytes that wait: a head not yet whole, or pipelined requests
  std::size_t pendingUsed_ = 0;  // at its front
};

}  // namespace orbit::edge

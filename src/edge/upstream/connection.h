// One connection to an instance: reads answers of the attempt it serves, strictly framed; idle in its pool between
// them. Private to edge. Thread rules: the worker's thread.
#pragma once
#include "edge/upstream/pool.h"
#include "edge/worker/channel.h"

namespace orbit::edge {

class UpstreamConnection final : public Channel, private net::Timer {
 public:
  UpstreamConnection(Worker& worker, InstancePool& pool) : Channel(worker), pool_(pool) {}

  bool connect(net::Descriptor socket, PoolAttempt& attempt);
  void serve(PoolAttempt& attempt);  // of the pool: from now on
  void cancel();                     // the attempt it serves does not want it any more
  void discard();                    // idle: closes it

  std::size_t sendBody(std::string_view bytes);
  void sendEnd(std::string_view trailerLines);
  void pause() { pauseReading(); }
  void resume();

  Instant idleSince() const { return idleSince_; }
  bool stillQuiet() const { return quiet(); }

 private:
  enum class Phase : std::uint8_t { kConnecting, kIdle, kHead, kBody, kTunnel, kLeaving };
  void onConnected() override;
  void onRead(std::string_view bytes) override;
  void onReadEnd() override;
  void onBroken(int error) override;
  void onTaken(std::size_t left) override;
  void onTimer() override;

  void begin();
  void readHead(std::string_view bytes);
  // False: the attempt is over, or another's.
  bool takeHead(http::ResponseIndex& head, bool more);
  void readBody(std::string_view bytes);
  void readChunks(std::string_view bytes);
  void finish(bool clean, std::string_view trailers);
  PoolAttempt& leave(bool reusable);
  void fail(AttemptFailure failure);
  void lost();

  InstancePool& pool_;
  PoolAttempt* attempt_ = nullptr;
  Phase phase_ = Phase::kConnecting;
  http::Framing::Kind framing_ = http::Framing::Kind::kNone;
  bool reused_ = false;
  bool keepAlive_ = false;
  bool answerBegan_ = false;  // a byte of it came
  bool requestEnded_ = false;
  bool wasHigh_ = false;
  std::uint8_t interims_ = 0;
  std::uint64_t left_ = 0;
  std::string pending_;  // a head not yet whole
  http::BodyReader chunks_{http::Framing{http::Framing::Kind::kChunked, 0}};
  Instant idleSince_{};
};

}  // namespace orbit::edge

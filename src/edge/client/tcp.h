// A TCP connection passed on as it is: bytes both ways, each half ended by itself, the slower side slows the faster.
// While its service is paused nothing more is read from the client, neither of a new connection nor of one that was
// there before; what the other side answers still passes. Private to edge. Thread rules: the worker's thread. Owns
// itself, in the worker's set of TCP sessions.
#pragma once
#include "edge/worker/channel.h"
#include "edge/worker/runtime.h"
#include "signal/signal.h"

namespace orbit::edge {

class TcpSession final : public Resumable, private net::Timer {
 public:
  static void accept(Worker& worker, net::Accepted accepted, std::shared_ptr<const ListenerRuntime> listener);
  ~TcpSession() override;
  void onResume() override;
  // A new table: its service may be paused now, or no more.
  void checkPause(const TableRuntime& runtime);
  void cutNow() { end(signal::Outcome::kBroken); }

 private:
  // One of the two sockets.
  class Side final : public Channel {
   public:
    Side(Worker& worker, TcpSession& session, bool client) : Channel(worker), session_(session), client_(client) {}
    bool begin(net::Descriptor socket, bool connecting) { return open(std::move(socket), connecting); }
    std::size_t pass(std::string_view bytes);
    void passEnd() { shutdownWrite(); }
    void hold() { pauseReading(); }
    void go() { resumeReading(); }
    std::size_t left() const { return queued(); }
    void drop(bool reset) { close(reset); }

   private:
    void onRead(std::string_view bytes) override { session_.onBytes(client_, bytes); }
    void onReadEnd() override { session_.onEnd(client_); }
    void onBroken(int) override { session_.onBroken(client_); }
    void onConnected() override { session_.onConnected(); }
    void onTaken(std::size_t left) override { session_.onTaken(client_, left); }
    void onHangup() override { session_.onBroken(client_); }
    TcpSession& session_;
    const bool client_;
  };

  TcpSession(Worker& worker, const net::PeerAddress& peer, std::shared_ptr<const ListenerRuntime> listener);
  void begin();
  void connect();
  void connectFailed();
  void onConnected();
  void onBytes(bool fromClient, std::string_view bytes);
  void onEnd(bool ofClient);
  void onBroken(bool ofClient);
  void onTaken(bool client, std::size_t left);
  void onTimer() override;
  void leavePaused();
  void release();
  void end(signal::Outcome outcome);
  void report(signal::Key::Kind kind, signal::Outcome outcome);

  Worker& worker_;
  net::PeerAddress peer_;
  std::shared_ptr<const ListenerRuntime> listener_;
  TablePin table_;
  int service_ = -1;
  Choice choice_;
  Side* client_ = nullptr;
  Side* upstream_ = nullptr;  // null until it is connected to
  std::shared_ptr<ServiceDesk> pausedAt_;
  bool connected_ = false;
  bool held_ = false;  // connected, or connecting, when its service was paused
  Instant heldUntil_{};
  bool clientEnded_ = false, upstreamEnded_ = false;
  bool ended_ = false;
  int attempts_ = 0;
  std::uint64_t bytesIn_ = 0, bytesOut_ = 0;
  Instant start_{};
  std::int64_t startWallUs_ = 0;
};

}  // namespace orbit::edge

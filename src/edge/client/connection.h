// A client's connection: socket, TLS if its listener has it, one deadline, and the protocol that ALPN or the first
// bytes choose. Private to edge. Thread rules: the worker's thread. Owns itself, in the worker's set of clients.
#pragma once
#include "edge/client/protocol.h"
#include "edge/worker/channel.h"
#include "edge/worker/runtime.h"

namespace orbit::edge {

class ClientConnection final : public Channel, public ClientLink, private net::Timer {
 public:
  // Takes the socket over; false: closed again.
  static bool accept(Worker& worker, net::Accepted accepted, std::shared_ptr<const ListenerRuntime> listener);
  ~ClientConnection() override;

  void drain();
  void cutNow() { closeNow(); }

  std::string& output() override;
  void flush() override { Channel::flush(); }
  void sendLarge(std::string_view bytes) override;
  std::size_t queued() const override { return Channel::queued() + plain_.size(); }
  void pauseReading() override { Channel::pauseReading(); }
  void resumeReading() override { Channel::resumeReading(); }
  void shutdownWrite() override;
  void closeWhenSent() override;
  void closeNow() override;
  void setDeadline(Instant due) override;
  Worker& worker() override { return worker_; }
  Instant now() const override;
  const ClientFacts& facts() const override { return facts_; }
  const model::RouteTable::Limits& limits() const override { return table_->runtime->table->limits; }
  bool draining() const override;

 private:
  enum class Stage : std::uint8_t { kHandshake, kPreface, kOpen, kFlushing, kLingering };
  ClientConnection(Worker& worker, const net::PeerAddress& peer, std::shared_ptr<const ListenerRuntime> listener);
  void onRead(std::string_view bytes) override;
  void onReadEnd() override;
  void onBroken(int error) override;
  bool fill() override;
  void onTaken(std::size_t left) override;
  void onHangup() override { closeNow(); }
  void onTimer() override;

  void readTls(std::string_view bytes);
  void takePlain(std::string_view bytes);
  void choosePreface(std::string_view bytes);
  void startProtocol(bool http2);
  void encrypt();
  void leave(bool reset);

  ClientFacts facts_;
  std::shared_ptr<const ListenerRuntime> listener_;
  TablePin table_;  // of its beginning: limits
  std::unique_ptr<net::TlsSession> tls_;
  std::unique_ptr<ClientProtocol> protocol_;
  std::string plain_;  // over TLS: what is to be encrypted at the turn's end; else the first bytes of a preface
  std::size_t lingered_ = 0;
  bool feeding_ = false;      // within TlsSession::feed
  bool closeNotify_ = false;  // behind what is queued
  Stage stage_ = Stage::kPreface;
};

}  // namespace orbit::edge

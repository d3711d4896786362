// One non-blocking socket of a worker: reads into the worker's scratch memory, gathers output and sends it once at the
// end of a turn. An idle channel holds no buffer. Private to edge. Thread rules: the worker's thread. Owned by itself:
// it ends by close(), which hands it to the reactor to be freed at the turn's end.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "net/descriptor.h"
#include "net/net.h"

namespace orbit::edge {

class Worker;

class Channel : public net::Reactor::Source, public net::Reactor::Deferred {
 public:
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() override;

  bool isOpen() const { return open_; }

 protected:
  explicit Channel(Worker& worker) : worker_(worker) {}

  // Watches `socket`; `connecting`: onConnected comes first. False: the kernel refused, nothing was kept.
  bool open(net::Descriptor socket, bool connecting);
  // `reset`: by RST instead of FIN. Frees the channel at the turn's end; no callback any more.
  void close(bool reset = false);

  std::string& output() { return out_.empty() ? emptyOutput() : out_; }
  void flush();                            // at the turn's end
  void sendLarge(std::string_view bytes);  // at once, behind what was gathered, without copying what the kernel takes
  std::size_t queued() const { return out_.size() - sent_; }
  void shutdownWrite();  // once all that is queued was taken
  void pauseReading() { reading_ = false; }
  void resumeReading();
  bool isReading() const { return reading_; }
  bool peerEnded() const { return peerEnded_; }
  // Asks the kernel, without reading, whether the peer neither closed nor sent anything.
  bool quiet() const;

  // `bytes` are valid during the call.
  virtual void onRead(std::string_view bytes) = 0;
  virtual void onReadEnd() = 0;
  // The connection is lost (reset, send failed, connect failed). The channel is still open: close it.
  virtual void onBroken(int error) = 0;
  virtual void onConnected() {}
  // Before sending: add to output(). True when there is more than fits now.
  virtual bool fill() { return false; }
  // After a flush: what the kernel has not taken.
  virtual void onTaken(std::size_t left) { static_cast<void>(left); }
  // The peer closed both ways while reading is paused.
  virtual void onHangup() {}

  Worker& worker_;
  net::Descriptor socket_;

 private:
  void onReady(unsigned events) final;
  void atTurnEnd() final;
  void readSome();
  void flushNow();
  void sendFailed(int error);
  void keepRest(std::size_t taken);
  std::string& emptyOutput();

  std::string out_;
  std::size_t sent_ = 0;  // of out_
  bool open_ = false;
  bool connecting_ = false;
  bool reading_ = true;
  bool readable_ = false;  // the kernel may have more
  bool hungUp_ = false;    // the end stands behind what can be read
  bool peerEnded_ = false;
  bool blocked_ = false;  // the kernel takes no more for now
  bool shutdownWanted_ = false;
};

}  // namespace orbit::edge

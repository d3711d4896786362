// Accepts a listener's connections in one worker. Private to edge. Thread rules: the worker's thread.
#pragma once
#include "edge/worker/worker.h"

namespace orbit::edge {

class Listener final : public net::Reactor::Source, private net::Timer {
 public:
  Listener(Worker& worker, std::shared_ptr<ListenSocket> socket, std::shared_ptr<const ListenerRuntime> runtime);
  ~Listener() override;
  bool begin();
  // What connections from now on are served by.
  void setRuntime(std::shared_ptr<const ListenerRuntime> runtime) { runtime_ = std::move(runtime); }
  bool serves(const ListenSocket& socket) const { return socket_.get() == &socket; }

 private:
  void onReady(unsigned events) override;
  void onTimer() override { begin(); }
  void pause();

  Worker& worker_;
  std::shared_ptr<ListenSocket> socket_;
  std::shared_ptr<const ListenerRuntime> runtime_;
  bool watching_ = false;
};

}  // namespace orbit::edge

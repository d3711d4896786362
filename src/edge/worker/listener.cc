#include "edge/worker/listener.h"

#include <sys/epoll.h>

#include "edge/client/connection.h"
#include "edge/client/tcp.h"
#include "edge/worker/limits.h"

namespace orbit::edge {

Listener::Listener(Worker& worker, std::shared_ptr<ListenSocket> socket, std::shared_ptr<const ListenerRuntime> runtime)
    : worker_(worker), socket_(std::move(socket)), runtime_(std::move(runtime)) {}

Listener::~Listener() {
  // The socket may live on in hold, and with it this registration, if it were not taken back.
  if (watching_) worker_.reactor().remove(socket_->descriptor.get());
}

bool Listener::begin() {
  watching_ = worker_.reactor().add(socket_->descriptor.get(), *this, EPOLLIN, true).ok();
  return watching_;
}

// Neither accepts nor is told of what waits: the kernel keeps it in the listen queue.
void Listener::pause() {
  worker_.reactor().remove(socket_->descriptor.get());
  watching_ = false;
  worker_.reactor().timers().arm(*this, worker_.now() + kAcceptPause);
}

void Listener::onReady(unsigned) {
  for (int i = 0; i < kAcceptsATurn; ++i) {
    if (!worker_.mayAccept()) return pause();
    Result<net::Accepted> accepted = net::acceptFrom(socket_->descriptor.get());
    if (!accepted.ok()) {
      log(Level::kWarning, "edge", accepted.error().text());
      return pause();
    }
    if (!accepted->descriptor.valid()) return;
    if (runtime_->config.protocol == model::TableListener::Protocol::kTcp) {
      TcpSession::accept(worker_, std::move(*accepted), runtime_);
    } else {
      ClientConnection::accept(worker_, std::move(*accepted), runtime_);
    }
  }
}

}  // namespace orbit::edge

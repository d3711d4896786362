#include "edge/worker/channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "edge/exchange/exchange.h"
#include "edge/worker/limits.h"
#include "edge/worker/worker.h"

namespace orbit::edge {

Channel::~Channel() {
  worker_.reactor().forget(*this);
}

bool Channel::open(net::Descriptor socket, bool connecting) {
  socket_ = std::move(socket);
  connecting_ = connecting;
  blocked_ = connecting;
  open_ = worker_.reactor().add(socket_.get(), *this, EPOLLIN | EPOLLOUT | EPOLLRDHUP).ok();
  if (!open_) socket_.reset();
  return open_;
}

void Channel::close(bool reset) {
  if (!open_) return;
  open_ = false;
  if (reset) {
    const linger none{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }
  socket_.reset();
  worker_.reactor().forget(*this);
  worker_.giveBuffer(out_);
  sent_ = 0;
  worker_.reactor().retire(std::unique_ptr<net::Reactor::Source>(this));
}

std::string& Channel::emptyOutput() {
  if (out_.capacity() < kBufferBytesMin) worker_.takeBuffer(out_);
  return out_;
}

void Channel::flush() {
  worker_.reactor().defer(*this);
}

void Channel::resumeReading() {
  reading_ = true;
  if (readable_) worker_.reactor().defer(*this);
}

void Channel::shutdownWrite() {
  shutdownWanted_ = true;
  flush();
}

bool Channel::quiet() const {
  char byte = 0;
  return ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void Channel::onReady(unsigned events) {
  if (connecting_) {
    const int error = net::connectError(socket_.get());
    if (error == 0 && (events & EPOLLOUT) == 0) return;
    connecting_ = false;
    blocked_ = false;
    if (error != 0) return onBroken(error);
    onConnected();
    if (!open_) return;
  }
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    flush();
  }
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return;
  readable_ = true;
  hungUp_ = hungUp_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (reading_) {
    readSome();
  } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
    onHangup();
  }
}

void Channel::readSome() {
  const std::span<char> scratch = worker_.scratch();
  for (int round = 0; round < kReadsATurn && readable_ && reading_ && open_; ++round) {
    const net::Io io = net::receive(socket_.get(), scratch);
    switch (io.kind) {
      case net::Io::Kind::kDone:
        // Less than asked for: the kernel has no more, and tells when more comes. But an end that it told of already
        // has to be fetched.
        if (io.size < scratch.size() && !hungUp_) readable_ = false;
        onRead({scratch.data(), io.size});
        break;
      case net::Io::Kind::kAgain:
        readable_ = false;
        break;
      case net::Io::Kind::kEnd:
        readable_ = false;
        if (!std::exchange(peerEnded_, true)) onReadEnd();
        break;
      case net::Io::Kind::kFailed:
        readable_ = false;
        onBroken(io.error);
        break;
    }
  }
  if (open_ && readable_ && reading_) flush();  // the rest in the next turn, others first
}

void Channel::atTurnEnd() {
  if (readable_ && reading_) readSome();
  if (open_) flushNow();
}

void Channel::flushNow() {
  if (blocked_) return;
  for (;;) {
    const bool more = fill();
    if (!open_) return;
    if (queued() == 0) break;
    const net::Io io = net::send(socket_.get(), std::string_view(out_).substr(sent_));
    if (io.kind == net::Io::Kind::kFailed) return sendFailed(io.error);
    blocked_ = io.size < queued();
    keepRest(io.size);
    if (blocked_ || !more) break;
  }
  const std::size_t left = queued();
  if (left == 0 && shutdownWanted_) {
    shutdownWanted_ = false;
    ::shutdown(socket_.get(), SHUT_WR);
  }
  onTaken(left);
}

// What the peer sent before it closed (an early answer) is read first.
void Channel::sendFailed(int error) {
  out_.clear();
  sent_ = 0;
  blocked_ = true;
  if (!reading_) return onBroken(error);
  readable_ = hungUp_ = true;
  readSome();
  if (open_ && !readable_) onBroken(error);
}

void Channel::keepRest(std::size_t taken) {
  sent_ += taken;
  if (sent_ == out_.size()) {
    sent_ = 0;
    worker_.giveBuffer(out_);
  } else if (sent_ > kQueueLow) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
}

void Channel::sendLarge(std::string_view bytes) {
  flush();
  if (blocked_) {
    output().append(bytes);
    return;
  }
  const std::string_view before = std::string_view(out_).substr(sent_);
  const std::array<iovec, 2> pieces{
      {{const_cast<char*>(before.data()), before.size()}, {const_cast<char*>(bytes.data()), bytes.size()}}};
  const net::Io io = net::send(socket_.get(), std::span(pieces).subspan(before.empty() ? 1 : 0));
  // A failure shows again, and is dealt with, when the rest is sent at the turn's end.
  const std::size_t taken = io.kind == net::Io::Kind::kDone ? io.size : 0;
  blocked_ =
      io.kind == net::Io::Kind::kAgain || (io.kind == net::Io::Kind::kDone && taken < before.size() + bytes.size());
  const std::size_t ofBefore = std::min(taken, before.size());
  keepRest(ofBefore);
  if (taken - ofBefore < bytes.size()) output().append(bytes.substr(taken - ofBefore));
}

}  // namespace orbit::edge

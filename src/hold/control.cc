#include "hold/control.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hold/limits.h"

namespace orbit::hold {
namespace {

// Short enough for any socket buffer; a peer that is gone misses it.
void answerAndClose(int descriptor, const std::string& answer) {
  [[maybe_unused]] const auto sent = ::send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::close(descriptor);
}

}  // namespace

Control::~Control() {
  for (const Connection& connection : connections_) ::close(connection.descriptor);
}

void Control::addTo(std::vector<pollfd>& watched) const {
  if (connections_.size() < kControlConnectionsMax) watched.push_back({listener_, POLLIN, 0});
  for (const Connection& connection : connections_) {
    if (!connection.waiting) watched.push_back({connection.descriptor, POLLIN, 0});
  }
}

void Control::serve(Instant now) {
  acceptAll(now);
  for (auto at = connections_.begin(); at != connections_.end();) {
    const bool keep = at->waiting || (at->deadline > now && readFrom(*at));
    if (keep) {
      ++at;
    } else {
      if (at->descriptor >= 0) ::close(at->descriptor);
      at = connections_.erase(at);
    }
  }
}

void Control::acceptAll(Instant now) {
  while (connections_.size() < kControlConnectionsMax) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;
    connections_.push_back({descriptor, now + kCommandTime, "", false});
  }
}

bool Control::readFrom(Connection& connection) {
  char buffer[kCommandBytesMax];
  const ssize_t count = ::read(connection.descriptor, buffer, sizeof buffer);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  connection.received.append(buffer, static_cast<std::size_t>(count));
  const auto end = connection.received.find('\n');
  if (end == std::string::npos) return connection.received.size() < kCommandBytesMax;
  std::vector<std::string> words;
  for (const std::string_view word : split(std::string_view(connection.received).substr(0, end), ' ')) {
    words.emplace_back(word);
  }
  const std::string answer = obey_(words);
  connection.waiting = answer.empty();
  if (connection.waiting) return true;
  answerAndClose(std::exchange(connection.descriptor, -1), answer);
  return false;
}

Instant Control::nextDeadline() const {
  Instant next = Instant::max();
  for (const Connection& connection : connections_) {
    if (!connection.waiting) next = std::min(next, connection.deadline);
  }
  return next;
}

void Control::answerRest(const std::string& answer) {
  for (const Connection& connection : connections_) answerAndClose(connection.descriptor, answer);
  connections_.clear();
}

}  // namespace orbit::hold

#include "hold/control.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hold/limits.h"

namespace orbit::hold {
namespace {

// Short enough for any socket buffer; a peer that is gone misses it.
void sendText(int descriptor, std::string_view text) {
  [[maybe_unused]] const auto sent = ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void sendWithDescriptors(int descriptor, std::string_view text, std::span<const int> given) {
  std::vector<char> space(CMSG_SPACE(given.size_bytes()));
  iovec piece{const_cast<char*>(text.data()), text.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(given.size_bytes());
  std::memcpy(CMSG_DATA(header), given.data(), given.size_bytes());
  [[maybe_unused]] const auto sent = ::sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

// Line n goes with descriptor n; so many of them at a time as the kernel takes.
void send(int descriptor, const Reply& reply) {
  std::string_view rest = reply.text;
  std::span<const int> given = reply.descriptors;
  while (!given.empty()) {
    const std::size_t count = std::min(given.size(), kDescriptorsAMessage);
    std::size_t end = 0;
    for (std::size_t i = 0; i < count; ++i) end = rest.find('\n', end) + 1;
    sendWithDescriptors(descriptor, rest.substr(0, end), given.first(count));
    rest.remove_prefix(end);
    given = given.subspan(count);
  }
  sendText(descriptor, rest);
}

}  // namespace

Control::~Control() {
  for (const Connection& connection : connections_) ::close(connection.descriptor);
}

std::size_t Control::callers() const {
  return static_cast<std::size_t>(
      std::count_if(connections_.begin(), connections_.end(), [](const Connection& each) { return each.pid == 0; }));
}

void Control::addTo(std::vector<pollfd>& watched) const {
  if (callers() < kControlConnectionsMax) watched.push_back({listener_, POLLIN, 0});
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
  while (callers() < kControlConnectionsMax) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return;
    connections_.push_back({descriptor, now + kCommandTime, ++lastTicket_});
  }
}

void Control::addChannel(int pid, int descriptor) {
  connections_.push_back({.descriptor = descriptor, .ticket = ++lastTicket_, .pid = pid});
}

bool Control::readFrom(Connection& connection) {
  char buffer[kCommandBytesMax];
  const ssize_t count = ::recv(connection.descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (count == 0) return false;
  connection.received.append(buffer, static_cast<std::size_t>(count));
  for (auto end = connection.received.find('\n'); end != std::string::npos; end = connection.received.find('\n')) {
    const std::string line = connection.received.substr(0, end);
    connection.received.erase(0, end + 1);
    if (!obeyLine(connection, line)) return false;
    if (connection.waiting) return true;
  }
  return connection.received.size() < kCommandBytesMax;
}

bool Control::obeyLine(Connection& connection, std::string_view line) {
  std::vector<std::string> words;
  for (const std::string_view word : split(line, ' ')) words.emplace_back(word);
  const Reply reply = obey_(words, {connection.ticket, connection.pid});
  connection.waiting = reply.text.empty();
  if (!connection.waiting) send(connection.descriptor, reply);
  return connection.waiting || connection.pid != 0;
}

Instant Control::nextDeadline() const {
  Instant next = Instant::max();
  for (const Connection& connection : connections_) {
    if (!connection.waiting) next = std::min(next, connection.deadline);
  }
  return next;
}

void Control::answer(std::uint64_t ticket, const std::string& text) {
  const auto found = std::find_if(connections_.begin(), connections_.end(),
                                  [ticket](const Connection& each) { return each.waiting && each.ticket == ticket; });
  if (found == connections_.end()) return;
  sendText(found->descriptor, text);
  found->waiting = false;
  if (found->pid != 0) return;
  ::close(found->descriptor);
  connections_.erase(found);
}

void Control::answerRest(const std::string& text) {
  for (const Connection& connection : connections_) {
    if (connection.waiting) sendText(connection.descriptor, text);
    ::close(connection.descriptor);
  }
  connections_.clear();
}

}  // namespace orbit::hold

#include "wire.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace app {

Wire::~Wire() {
  ::close(descriptor_);
}

bool Wire::readable(int ms) {
  if (!in_.empty()) return true;
  pollfd one{descriptor_, POLLIN, 0};
  return ::poll(&one, 1, ms) > 0;
}

bool Wire::more() {
  pollfd one{descriptor_, POLLIN, 0};
  if (::poll(&one, 1, limitMs_) <= 0) return false;
  char buffer[64 * 1024];
  const ssize_t count = ::recv(descriptor_, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  in_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::string Wire::head() {
  for (;;) {
    const auto end = in_.find("\r\n\r\n");
    if (end != std::string::npos) {
      std::string head = in_.substr(0, end + 2);
      in_.erase(0, end + 4);
      return head;
    }
    if (!more()) return {};
  }
}

std::string Wire::bytes(std::size_t count) {
  while (in_.size() < count && more()) {
  }
  std::string out = in_.substr(0, count);
  in_.erase(0, out.size());
  return out;
}

bool Wire::body(std::string_view head, std::string& into) {
  if (strcasecmp(field(head, "transfer-encoding").c_str(), "chunked") == 0) return chunks(into);
  const auto length = static_cast<std::size_t>(std::atoll(field(head, "content-length").c_str()));
  into = bytes(length);
  return into.size() == length;
}

bool Wire::chunks(std::string& into) {
  for (;;) {
    std::size_t line = 0;
    while ((line = in_.find("\r\n")) == std::string::npos) {
      if (!more()) return false;
    }
    const std::size_t size = std::strtoull(in_.c_str(), nullptr, 16);
    in_.erase(0, line + 2);
    const std::string data = bytes(size + 2);
    if (data.size() != size + 2) return false;
    if (size == 0) return true;
    into.append(data, 0, size);
  }
}

bool Wire::send(std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string field(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (strncasecmp(line.data(), name.data(), name.size()) != 0) continue;
    const std::size_t from = line.find_first_not_of(' ', name.size() + 1);
    return from == std::string_view::npos ? std::string() : std::string(line.substr(from));
  }
  return {};
}

Target target(std::string_view url) {
  Target out;
  if (url.starts_with("http://")) url.remove_prefix(7);
  const std::string_view authority = url.substr(0, url.find('/'));
  if (authority.size() < url.size()) out.path = url.substr(authority.size());
  const std::size_t colon = authority.find(':');
  out.host = authority.substr(0, colon);
  if (colon != std::string_view::npos) out.port = authority.substr(colon + 1);
  return out;
}

int dial(const Target& to, std::string& why, int limitMs) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (const int error = ::getaddrinfo(to.host.c_str(), to.port.c_str(), &hints, &found); error != 0) {
    why = "the name " + to.host + ": " + ::gai_strerror(error);
    return -1;
  }
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval limit{limitMs / 1000, limitMs % 1000 * 1000};
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int done = ::connect(descriptor, found->ai_addr, found->ai_addrlen);
  ::freeaddrinfo(found);
  if (done == 0) return descriptor;
  why = std::string("connect: ") + std::strerror(errno);
  ::close(descriptor);
  return -1;
}

int exchange(Wire& wire, const std::string& request, std::string& body, std::string& why) {
  if (!wire.send(request)) return why = "cannot send", 0;
  const std::string head = wire.head();
  if (head.size() < 12) return why = "closed before an answer, or none in 20 s", 0;
  body.clear();
  if (!wire.body(head, body)) return why = "closed within an answer", 0;
  return std::atoi(head.c_str() + 9);
}

}  // namespace app

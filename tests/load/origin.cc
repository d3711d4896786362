// A small HTTP/1.1 origin for benchmarks and soaks: one thread, epoll, the cheapest correct answers.
//
//   origin ADDRESS PORT [NAME]
//
//   GET /            1 KiB of text
//   GET /name        NAME, so that a client sees which instance answered
//   GET /size/N      N bytes
//   GET /status/N    that status, no body
//   GET /slow/N      answers after N milliseconds
//   POST, PUT        says how many bytes of body came (Content-Length or chunked)
//
// SIGTERM: goes on answering for as long as connections are open, accepts no new ones (as a good backend does).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace {

volatile std::sig_atomic_t stopping = 0;
using Clock = std::chrono::steady_clock;

struct Connection {
  int descriptor = -1;
  std::string in, out;
  Clock::time_point answerAt{};  // of a slow answer
  bool waiting = false;
};

std::string name = "origin";
std::string kilobyte;
int poller = -1;
std::map<int, std::unique_ptr<Connection>> connections;

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string answer(int status, std::string_view body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

// The value of a field, or "". Good enough for a peer that is tested elsewhere.
std::string_view field(std::string_view head, std::string_view wanted) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string_view line = head.substr(at + 2, end - at - 2);
    if (line.size() > wanted.size() && line[wanted.size()] == ':' &&
        ::strncasecmp(line.data(), wanted.data(), wanted.size()) == 0) {
      std::string_view value = line.substr(wanted.size() + 1);
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      return value;
    }
    at = end;
  }
  return {};
}

// The bytes a chunked body takes from the front of `bytes`, and how many of them are data; 0: not whole yet.
std::size_t chunkedSize(std::string_view bytes, std::size_t& data) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t line = bytes.find("\r\n", at);
    if (line == std::string_view::npos) return 0;
    std::size_t size = 0;
    std::from_chars(bytes.data() + at, bytes.data() + line, size, 16);
    at = line + 2 + size + 2;
    if (at > bytes.size()) return 0;
    if (size == 0) return at;
    data += size;
  }
}

void respond(Connection& connection, std::string_view head, std::size_t bodyBytes) {
  const std::size_t space = head.find(' ');
  const std::string_view method = head.substr(0, space);
  const std::string_view target = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
  if (method == "POST" || method == "PUT") {
    connection.out += answer(200, std::to_string(bodyBytes));
  } else if (target == "/name") {
    connection.out += answer(200, name);
  } else if (target.starts_with("/size/")) {
    connection.out += answer(200, std::string(number(target.substr(6)), 'x'));
  } else if (target.starts_with("/status/")) {
    connection.out += answer(static_cast<int>(number(target.substr(8))), "");
  } else if (target.starts_with("/slow/")) {
    connection.waiting = true;
    connection.answerAt = Clock::now() + std::chrono::milliseconds(number(target.substr(6)));
  } else {
    connection.out += kilobyte;
  }
}

void serveWhole(Connection& connection) {
  std::string_view in = connection.in;
  while (!connection.waiting) {
    const std::size_t end = in.find("\r\n\r\n");
    if (end == std::string_view::npos) break;
    const std::string_view head = in.substr(0, end + 2);
    std::size_t total = end + 4, data = 0;
    if (const auto length = field(head, "content-length"); !length.empty()) {
      data = number(length);
      total += data;
      if (in.size() < total) break;
    } else if (!field(head, "transfer-encoding").empty()) {
      const std::size_t body = chunkedSize(in.substr(total), data);
      if (body == 0) break;
      total += body;
    }
    respond(connection, head, data);
    in.remove_prefix(total);
  }
  connection.in.erase(0, connection.in.size() - in.size());
}

bool flush(Connection& connection) {
  while (!connection.out.empty()) {
    const ssize_t sent = ::send(connection.descriptor, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    connection.out.erase(0, static_cast<std::size_t>(sent));
  }
  return true;
}

// False when the connection is over.
bool serve(Connection& connection) {
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t count = ::recv(connection.descriptor, buffer, sizeof buffer, 0);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return false;
    if (count < 0) break;
    connection.in.append(buffer, static_cast<std::size_t>(count));
    if (static_cast<std::size_t>(count) < sizeof buffer) break;
  }
  serveWhole(connection);
  return flush(connection);
}

void drop(int descriptor) {
  ::close(descriptor);
  connections.erase(descriptor);
}

void acceptAll(int listener) {
  for (;;) {
    const int descriptor = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto connection = std::make_unique<Connection>();
    connection->descriptor = descriptor;
    connections[descriptor] = std::move(connection);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.fd = descriptor;
    ::epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event);
  }
}

// Answers the slow ones that are due; how long until the next, or -1.
int serveSlow() {
  int next = -1;
  const auto now = Clock::now();
  for (auto at = connections.begin(); at != connections.end();) {
    Connection& connection = *(at++)->second;
    if (!connection.waiting) continue;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(connection.answerAt - now).count();
    if (left > 0) {
      next = next < 0 ? static_cast<int>(left) : std::min(next, static_cast<int>(left));
      continue;
    }
    connection.waiting = false;
    connection.out += kilobyte;
    serveWhole(connection);
    if (!flush(connection)) drop(connection.descriptor);
  }
  return next;
}

int listenOn(const char* address, const char* port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  ::inet_pton(AF_INET, address, &to.sin_addr);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 || ::listen(listener, 4096) != 0) {
    std::perror("origin: cannot listen");
    std::exit(1);
  }
  return listener;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) {
    std::fputs("origin ADDRESS PORT [NAME]\n", stderr);
    return 2;
  }
  if (count > 3) name = words[3];
  kilobyte = answer(200, std::string(1024, 'x'));
  ::signal(SIGPIPE, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = [](int) { stopping = 1; };
  ::sigaction(SIGTERM, &action, nullptr);
  int listener = listenOn(words[1], words[2]);
  poller = ::epoll_create1(EPOLL_CLOEXEC);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = listener;
  ::epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
  while (stopping == 0 || !connections.empty()) {
    if (stopping != 0 && listener >= 0) {
      ::close(listener);
      listener = -1;
    }
    epoll_event events[256];
    const int ready = ::epoll_wait(poller, events, 256, serveSlow());
    for (int i = 0; i < ready; ++i) {
      const int descriptor = events[i].data.fd;
      if (descriptor == listener) {
        acceptAll(listener);
      } else if (const auto at = connections.find(descriptor); at != connections.end() && !serve(*at->second)) {
        drop(descriptor);
      }
    }
  }
  return 0;
}

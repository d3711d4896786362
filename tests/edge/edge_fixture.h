// An Edge in this process, upstreams in threads, and a client with blocking calls. For tests.
#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "edge/edge.h"
#include "net/net.h"

namespace orbit::edge {

// A connected socket with blocking calls that give up after some seconds.
class Peer {
 public:
  explicit Peer(int descriptor) : socket_(descriptor) {
    const timeval limit{5, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  static Peer to(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return Peer(descriptor);
  }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t size = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (size <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
  }
  // False at the end, after an error, or after five seconds.
  bool more() {
    char buffer[16 * 1024];
    const ssize_t size = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    ended = size == 0;
    broken = size < 0 && errno != EAGAIN;
    if (size > 0) pending_.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }
  std::string until(std::string_view mark) {
    std::size_t at = 0;
    while ((at = pending_.find(mark)) == std::string::npos) {
      if (!more()) return {};
    }
    return take(at + mark.size());
  }
  std::string exactly(std::size_t size) {
    while (pending_.size() < size) {
      if (!more()) return take(pending_.size());
    }
    return take(size);
  }
  std::string all() {
    while (more()) {
    }
    return take(pending_.size());
  }
  std::string pending() { return take(pending_.size()); }  // what was read and not taken
  void endOutput() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.reset(); }
  void reset() {
    const linger none{1, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
    socket_.reset();
  }
  int descriptor() const { return socket_.get(); }

  bool ended = false, broken = false;

 private:
  std::string take(std::size_t size) {
    std::string text = pending_.substr(0, size);
    pending_.erase(0, size);
    return text;
  }
  net::Descriptor socket_;
  std::string pending_;
};

// The value of a field in a head, or "".
inline std::string fieldOf(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

struct Answer {
  int status = 0;
  std::string head, body;
};

inline std::string readChunks(Peer& peer) {
  std::string body;
  for (;;) {
    const std::size_t size = std::strtoul(peer.until("\r\n").c_str(), nullptr, 16);
    if (size == 0) {
      while (peer.until("\r\n").size() > 2) {
      }
      return body;
    }
    body += peer.exactly(size);
    peer.exactly(2);
  }
}

inline Answer readAnswer(Peer& peer, bool head = false) {
  Answer answer;
  answer.head = peer.until("\r\n\r\n");
  if (answer.head.size() < 12) return answer;
  answer.status = std::stoi(answer.head.substr(9, 3));
  const std::string length = fieldOf(answer.head, "Content-Length");
  if (head || answer.status < 200 || answer.status == 204 || answer.status == 304) return answer;
  if (!length.empty()) {
    answer.body = peer.exactly(std::stoul(length));
  } else if (fieldOf(answer.head, "Transfer-Encoding") == "chunked") {
    answer.body = readChunks(peer);
  } else {
    answer.body = peer.all();
  }
  return answer;
}

// A server: each connection in a thread of its own, served by the function.
class Upstream {
 public:
  using Serve = std::function<void(Peer&)>;
  explicit Upstream(Serve serve) : serve_(std::move(serve)) {
    auto socket = net::listenTcp("127.0.0.1:0");
    EXPECT_TRUE(socket.ok());
    listener_ = std::move(*socket);
    ::fcntl(listener_.get(), F_SETFL, 0);
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { acceptAll(); });
  }
  ~Upstream() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int one : open_) ::shutdown(one, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
  }
  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::atomic<int> connections{0};

 private:
  void acceptAll() {
    for (;;) {
      const int descriptor = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (descriptor < 0 || stopping_) {
        if (descriptor >= 0) ::close(descriptor);
        return;
      }
      ++connections;
      const std::lock_guard lock(mutex_);
      open_.insert(descriptor);
      threads_.emplace_back([this, descriptor] {
        Peer peer(descriptor);
        serve_(peer);
        const std::lock_guard inner(mutex_);
        open_.erase(descriptor);
        peer.close();
      });
    }
  }
  Serve serve_;
  net::Descriptor listener_;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::set<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

// Requests one after the other, each answered by the function from its head and body.
inline Upstream::Serve answering(std::function<std::string(const std::string& head, const std::string& body)> answer) {
  return [answer](Peer& peer) {
    for (;;) {
      const std::string head = peer.until("\r\n\r\n");
      if (head.empty()) return;
      std::string body;
      const std::string length = fieldOf(head, "Content-Length");
      if (!length.empty()) body = peer.exactly(std::stoul(length));
      if (fieldOf(head, "Transfer-Encoding") == "chunked") body = readChunks(peer);
      if (!peer.send(answer(head, body))) return;
    }
  };
}

inline std::string ok(const std::string& body, const std::string& lines = {}) {
  return "HTTP/1.1 200 OK\r\n" + lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class EdgeTest : public testing::Test {
 protected:
  void SetUp() override {
    Options options;
    options.workers = workers_;
    auto edge = Edge::create(loop_, options);
    ASSERT_TRUE(edge.ok());
    edge_ = std::move(*edge);
  }

  model::TableService service(const std::string& name, const std::vector<std::string>& addresses) {
    model::TableService row;
    row.name = name;
    row.releases.push_back(release("r1", addresses));
    return row;
  }
  static model::TableRelease release(const std::string& id, const std::vector<std::string>& addresses) {
    model::TableRelease row;
    row.id = id;
    for (const auto& address : addresses) row.instances.push_back({id + "-" + address, address});
    return row;
  }
  void addRoute(const std::string& service, const std::string& path = "/") {
    model::TableRoute route;
    route.id = service + path;
    route.path = path;
    route.service = service;
    table_.routes.push_back(route);
  }
  // The usual table: everything to one service.
  void serve(const std::vector<std::string>& addresses) {
    table_.services = {service("app", addresses)};
    table_.routes.clear();
    addRoute("app");
    apply();
  }
  void apply() {
    std::vector<Listening> listening;
    if (port_ == 0) {
      port_ = listenFor("http", listening);
      model::TableListener listener;
      listener.name = "http";
      listener.address = "127.0.0.1:" + std::to_string(port_);
      table_.listeners.insert(table_.listeners.begin(), listener);
    }
    applyWith(std::move(listening));
  }
  void applyWith(std::vector<Listening> listening) {
    const Status status = edge_->apply(std::make_shared<const model::RouteTable>(table_), std::move(listening));
    ASSERT_TRUE(status.ok()) << status.error().text();
  }
  static int listenFor(const std::string& name, std::vector<Listening>& listening) {
    auto socket = net::listenTcp("127.0.0.1:0");
    EXPECT_TRUE(socket.ok());
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(socket->get(), reinterpret_cast<sockaddr*>(&address), &size);
    listening.push_back({name, socket->release()});
    return ntohs(address.sin_port);
  }
  Peer client() { return Peer::to(port_); }
  Answer get(const std::string& path = "/", const std::string& lines = {}) {
    Peer peer = client();
    peer.send("GET " + path + " HTTP/1.1\r\nHost: a.test\r\n" + lines + "\r\n");
    return readAnswer(peer);
  }
  void drain(Duration span) { loop_.runTask(edge_->drain(net::Wait{loop_.clock().now() + span, nullptr})); }
  // Looks again and again, for at most five seconds.
  static bool eventually(const std::function<bool()>& holds) {
    for (int i = 0; i < 500; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  unsigned workers_ = 2;
  net::Loop loop_;
  model::RouteTable table_;
  int port_ = 0;
  std::unique_ptr<Edge> edge_;
};

}  // namespace orbit::edge

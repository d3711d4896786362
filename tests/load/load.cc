// A strict HTTP/1.1 load for soaks: clients that never retry, every failure counted and named. One thread, epoll.
//
//   load [--connections N] [--requests N | --seconds S] [--rate R] [--every K] [--host H] [--path P] [--latencies FILE]
//   ADDRESS PORT load --idle N ADDRESS PORT     opens N connections, one request each, says "open N", holds them until
//   standard
//                                  input ends, and says how many the other side closed meanwhile
//
// Each connection sends its next request when the answer before it is whole; --rate bounds all of them together (a
// second).
// --every K opens a new connection after K requests. The answer must have a status of 2xx and exactly its
// Content-Length. An idle connection that the other side closes between two requests is no failure; one that dies with
// a request in flight is. --latencies appends each answer's microseconds to a file, a line each. Prints one line of
// JSON; exit 1 when anything failed.
#include <arpa/inet.h>
#include <fmt/format.h>
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
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "signal/histogram.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kAnswerTime{20};
constexpr std::size_t kFailuresMax = 1000;

volatile std::sig_atomic_t told = 0;

struct Options {
  std::size_t connections = 32, requests = 0, every = 0, rate = 0, seconds = 0, idle = 0;
  std::string host = "localhost", path = "/", address, latencies;
  int port = 0;
};

struct Connection {
  int descriptor = -1;
  bool connected = false, inFlight = false;
  std::string in;
  std::size_t served = 0;
  Clock::time_point begun{};
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options), poller_(::epoll_create1(EPOLL_CLOEXEC)) {
    request_ = "GET " + options.path + " HTTP/1.1\r\nHost: " + options.host + "\r\nAccept: */*\r\n\r\n";
    to_.sin_family = AF_INET;
    to_.sin_port = htons(static_cast<std::uint16_t>(options.port));
    ::inet_pton(AF_INET, options.address.c_str(), &to_.sin_addr);
  }

  int run() {
    begin_ = Clock::now();
    connections_.resize(options_.connections);
    for (auto& connection : connections_) open(connection);
    while (!finished()) turn();
    print();
    keepLatencies();
    return failed() == 0 ? 0 : 1;
  }

  int hold() {
    connections_.resize(options_.idle);
    std::size_t next = 0;
    const auto answered = [this] { return answered_ + failed(); };
    while (answered() < connections_.size()) {
      for (; next < connections_.size() && next - answered() < 256; ++next) open(connections_[next]);
      poll(100);
    }
    fmt::print("open {}\n", answered_);
    std::fflush(stdout);
    std::size_t closed = 0;
    holding_ = &closed;
    epoll_event input{};
    input.events = EPOLLIN;
    input.data.ptr = nullptr;
    ::epoll_ctl(poller_, EPOLL_CTL_ADD, 0, &input);
    while (!inputEnded_) poll(1000);
    fmt::print("{{\"open\":{},\"closed\":{},\"failed\":{}}}\n", answered_, closed, failed());
    return closed == 0 && failed() == 0 ? 0 : 1;
  }

 private:
  bool enough() const {
    return told != 0 || failed() >= kFailuresMax || (options_.requests != 0 && sent_ >= options_.requests) ||
           (options_.seconds != 0 && Clock::now() - begin_ >= std::chrono::seconds(options_.seconds));
  }
  bool finished() const {
    return enough() && std::none_of(connections_.begin(), connections_.end(), [](auto& one) { return one.inFlight; });
  }
  std::size_t failed() const {
    std::size_t sum = 0;
    for (const auto& [what, count] : failures_) sum += count;
    return sum;
  }

  void turn() {
    poll(5);
    const auto now = Clock::now();
    if (now >= nextWord_) {
      nextWord_ = now + std::chrono::seconds(1);
      fmt::print("at {}\n", answered_ + failed());
      std::fflush(stdout);
    }
    for (auto& connection : connections_) {
      if (connection.inFlight && now - connection.begun > kAnswerTime) fail(connection, "no answer in 20 s");
      if (connection.descriptor < 0 && !enough()) open(connection);
      if (connection.connected && !connection.inFlight) next(connection);
    }
  }

  void poll(int timeoutMs) {
    epoll_event events[256];
    const int ready = ::epoll_wait(poller_, events, 256, timeoutMs);
    for (int i = 0; i < ready; ++i) {
      if (events[i].data.ptr == nullptr) {
        char buffer[256];
        inputEnded_ = ::read(0, buffer, sizeof buffer) <= 0;
      } else {
        serve(*static_cast<Connection*>(events[i].data.ptr), events[i].events);
      }
    }
  }

  void open(Connection& connection) {
    connection = {};
    connection.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.descriptor < 0) return fail(connection, "no descriptor");
    const int on = 1;
    ::setsockopt(connection.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection.begun = Clock::now();
    connection.inFlight = true;  // a connection that cannot be opened is a failed request
    ++sent_;
    const int done = ::connect(connection.descriptor, reinterpret_cast<const sockaddr*>(&to_), sizeof to_);
    if (done != 0 && errno != EINPROGRESS) return fail(connection, std::strerror(errno));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP;
    event.data.ptr = &connection;
    ::epoll_ctl(poller_, EPOLL_CTL_ADD, connection.descriptor, &event);
  }

  void serve(Connection& connection, unsigned events) {
    if (connection.descriptor < 0) return;
    if (!connection.connected && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) {
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(connection.descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return fail(connection, std::strerror(error));
      connection.connected = true;
      send(connection);
    }
    if (connection.descriptor >= 0 && (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) receive(connection);
  }

  void send(Connection& connection) {
    if (::send(connection.descriptor, request_.data(), request_.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request_.size())) {
      fail(connection, "cannot send");
    }
  }

  void next(Connection& connection) {
    if (enough() || tooEarly()) return;
    if (options_.every != 0 && connection.served >= options_.every) {
      close(connection);
      return open(connection);
    }
    connection.begun = Clock::now();
    connection.inFlight = true;
    ++sent_;
    send(connection);
  }

  bool tooEarly() const {
    if (options_.rate == 0) return false;
    const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
    return static_cast<double>(sent_) >= seconds * static_cast<double>(options_.rate);
  }

  void receive(Connection& connection) {
    char buffer[64 * 1024];
    for (;;) {
      const ssize_t count = ::recv(connection.descriptor, buffer, sizeof buffer, 0);
      if (count < 0 && errno == EAGAIN) break;
      if (count <= 0) return ended(connection, count == 0 ? "closed" : std::strerror(errno));
      connection.in.append(buffer, static_cast<std::size_t>(count));
    }
    take(connection);
  }

  void ended(Connection& connection, const char* how) {
    take(connection);
    if (connection.descriptor < 0) return;
    if (holding_ != nullptr) ++*holding_;
    if (!connection.inFlight) return close(connection);
    fail(connection, std::string(how) + (connection.in.empty() ? " before an answer" : " within an answer"));
  }

  // The answer, when it is whole.
  void take(Connection& connection) {
    const std::size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos || !connection.inFlight) return;
    std::string head = connection.in.substr(0, end + 2);
    std::transform(head.begin(), head.end(), head.begin(), [](unsigned char c) { return std::tolower(c); });
    const std::size_t at = head.find("\r\ncontent-length: ");
    if (at == std::string::npos) return fail(connection, "an answer without Content-Length");
    std::size_t length = 0;
    std::from_chars(head.data() + at + 18, head.data() + head.size(), length);
    if (connection.in.size() < end + 4 + length) return;
    if (connection.in.size() > end + 4 + length) return fail(connection, "bytes after an answer");
    if (head.substr(9, 1) != "2") return fail(connection, "status " + head.substr(9, 3));
    const auto took = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - connection.begun).count());
    latency_.add(took);
    if (!options_.latencies.empty()) exact_.push_back(static_cast<std::uint32_t>(took));
    ++answered_;
    ++connection.served;
    connection.inFlight = false;
    connection.in.clear();
    if (options_.idle != 0) return connection.in.shrink_to_fit();
    if (head.find("\r\nconnection: close") != std::string::npos) return close(connection);
    next(connection);
  }

  void fail(Connection& connection, const std::string& why) {
    ++failures_[why];
    close(connection);
  }

  static void close(Connection& connection) {
    if (connection.descriptor >= 0) ::close(connection.descriptor);
    connection.descriptor = -1;
    connection.connected = connection.inFlight = false;
  }

  void keepLatencies() const {
    if (options_.latencies.empty()) return;
    std::FILE* file = std::fopen(options_.latencies.c_str(), "ae");
    if (file == nullptr) return;
    for (const std::uint32_t one : exact_) fmt::print(file, "{}\n", one);
    std::fclose(file);
  }

  void print() const {
    std::string kinds;
    for (const auto& [what, count] : failures_)
      kinds += fmt::format("{}\"{}\":{}", kinds.empty() ? "" : ",", what, count);
    fmt::print(
        "{{\"answered\":{},\"failed\":{},\"failures\":{{{}}},\"seconds\":{:.2f},\"p50Us\":{},\"p99Us\":{},\"p999Us\":{}"
        ","
        "\"maxUs\":{}}}\n",
        answered_, failed(), kinds, std::chrono::duration<double>(Clock::now() - begin_).count(),
        latency_.quantile(0.5), latency_.quantile(0.99), latency_.quantile(0.999), latency_.quantile(1));
  }

  Options options_;
  int poller_;
  sockaddr_in to_{};
  std::string request_;
  std::vector<Connection> connections_;
  Clock::time_point begin_{}, nextWord_{};
  std::size_t sent_ = 0, answered_ = 0;
  std::map<std::string, std::size_t> failures_;
  orbit::signal::Histogram latency_;
  std::vector<std::uint32_t> exact_;  // with --latencies
  std::size_t* holding_ = nullptr;
  bool inputEnded_ = false;
};

bool parse(int count, char** words, Options& options) {
  const std::map<std::string_view, std::size_t*> numbers = {{"--connections", &options.connections},
                                                            {"--requests", &options.requests},
                                                            {"--every", &options.every},
                                                            {"--rate", &options.rate},
                                                            {"--seconds", &options.seconds},
                                                            {"--idle", &options.idle}};
  const std::map<std::string_view, std::string*> texts = {
      {"--host", &options.host}, {"--path", &options.path}, {"--latencies", &options.latencies}};
  std::vector<std::string_view> rest;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (const auto at = numbers.find(word); at != numbers.end() && i + 1 < count) {
      *at->second = static_cast<std::size_t>(std::atoll(words[++i]));
    } else if (const auto text = texts.find(word); text != texts.end() && i + 1 < count) {
      *text->second = words[++i];
    } else {
      rest.push_back(word);
    }
  }
  if (rest.size() != 2) return false;
  options.address = rest[0];
  options.port = std::atoi(std::string(rest[1]).c_str());
  return true;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!parse(count, words, options)) {
    std::fputs(
        "load [--connections N] [--requests N | --seconds S] [--rate R] [--every K] [--host H] [--path P] "
        "[--latencies FILE] ADDRESS PORT\n"
        "load --idle N ADDRESS PORT\n",
        stderr);
    return 2;
  }
  std::signal(SIGTERM, [](int) { told = 1; });
  Load load(options);
  return options.idle != 0 ? load.hold() : load.run();
}

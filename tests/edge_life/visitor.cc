// Visitors that never try again: keep-alive connections that each send a request, read the whole answer, check it, and
// go on. A connection that the server said it would close (Connection: close) is replaced; anything else that is not
// the whole expected answer is a failure.
//
//   visitor HOST:PORT CONNECTIONS REQUESTS [PATH]      REQUESTS 0: until SIGTERM
//
// Prints "at N" each second while it works, then "requests N failed N slowest_us N", and the first failures on standard
// error. Exit status 1 if any failed.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr long kFailuresShown = 20;
constexpr long kFailuresMax = 1000;                   // then it gives up
constexpr auto kPatience = std::chrono::seconds(20);  // for one answer

volatile std::sig_atomic_t told = 0;

struct Visitor {
  int socket = -1;
  std::string received;
  Clock::time_point asked;
};

class Crowd {
 public:
  Crowd(const std::string& host, int port, std::size_t visitors, long requests, const std::string& path)
      : visitors_(visitors), wanted_(requests), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, host.c_str(), &address_.sin_addr);
    request_ = "GET " + path + " HTTP/1.1\r\nHost: shop.localhost\r\nUser-Agent: visitor\r\n\r\n";
  }

  int run() {
    for (std::size_t i = 0; i < visitors_.size(); ++i) ask(i);
    while (under_ > 0) {
      epoll_event ready[64];
      const int count = ::epoll_wait(epoll_, ready, 64, 1000);
      for (int i = 0; i < count; ++i) read(ready[i].data.u32);
      lookForTheSlow();
    }
    std::printf("requests %ld failed %ld slowest_us %lld\n", answered_ + failed_, failed_, slowestUs_);
    return failed_ == 0 ? 0 : 1;
  }

 private:
  bool wantsMore() const { return told == 0 && (wanted_ == 0 || asked_ < wanted_); }

  // The next request, until one is on its way or no more are wanted.
  void ask(std::size_t index) {
    Visitor& visitor = visitors_[index];
    while (wantsMore()) {
      ++asked_;
      visitor.asked = Clock::now();
      visitor.received.clear();
      if (visitor.socket < 0 && !connect(index)) {
        note("connect", errno);
      } else if (::send(visitor.socket, request_.data(), request_.size(), MSG_NOSIGNAL) !=
                 static_cast<ssize_t>(request_.size())) {
        note("send", errno);
      } else {
        ++under_;
        return;
      }
      close(visitor);
      ::poll(nullptr, 0, 1);
    }
    close(visitor);
  }

  bool connect(std::size_t index) {
    Visitor& visitor = visitors_[index];
    visitor.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(visitor.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(visitor.socket, reinterpret_cast<sockaddr*>(&address_), sizeof address_) != 0) return false;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u32 = static_cast<std::uint32_t>(index);
    return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, visitor.socket, &event) == 0;
  }

  void read(std::size_t index) {
    Visitor& visitor = visitors_[index];
    if (visitor.socket < 0) return;
    char piece[64 * 1024];
    const auto count = ::recv(visitor.socket, piece, sizeof piece, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return fail(index, visitor.received.empty() ? "closed without an answer" : "cut off", errno);
    visitor.received.append(piece, static_cast<std::size_t>(count));
    const auto end = visitor.received.find("\r\n\r\n");
    if (end == std::string::npos) return;
    const std::string head = visitor.received.substr(0, end + 2);
    const auto length = head.find("ontent-Length: ");
    const auto lower = head.find("ontent-length: ");
    const auto at = length != std::string::npos ? length : lower;
    if (at == std::string::npos) return fail(index, "no length", 0);
    const auto bytes = static_cast<std::size_t>(std::atol(head.c_str() + at + 15));
    if (visitor.received.size() < end + 4 + bytes) return;
    if (head.compare(0, 12, "HTTP/1.1 200") != 0) return fail(index, head.substr(0, head.find('\r')).c_str(), 0);
    if (visitor.received.size() > end + 4 + bytes) return fail(index, "more than one answer", 0);
    done(index, head.find("onnection: close") != std::string::npos);
  }

  void done(std::size_t index, bool closes) {
    Visitor& visitor = visitors_[index];
    ++answered_;
    const auto tookUs = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - visitor.asked).count();
    slowestUs_ = std::max<long long>(slowestUs_, tookUs);
    --under_;
    if (closes) close(visitor);
    ask(index);
  }

  void fail(std::size_t index, const char* what, int number) {
    note(what, number);
    --under_;
    close(visitors_[index]);
    ask(index);
  }

  void note(const char* what, int number) {
    if (++failed_ <= kFailuresShown) {
      std::fprintf(stderr, "visitor: %s%s%s\n", what, number != 0 ? ": " : "",
                   number != 0 ? std::strerror(number) : "");
    }
    if (failed_ > kFailuresMax) told = 1;
  }

  static void close(Visitor& visitor) {
    if (visitor.socket >= 0) ::close(visitor.socket);
    visitor.socket = -1;
  }

  void lookForTheSlow() {
    if (Clock::now() < nextLook_) return;
    nextLook_ = Clock::now() + std::chrono::seconds(1);
    std::printf("at %ld\n", answered_ + failed_);
    std::fflush(stdout);
    for (std::size_t i = 0; i < visitors_.size(); ++i) {
      if (visitors_[i].socket >= 0 && Clock::now() - visitors_[i].asked > kPatience) fail(i, "no answer in 20 s", 0);
    }
  }

  std::vector<Visitor> visitors_;
  const long wanted_;
  const int epoll_;
  sockaddr_in address_{};
  std::string request_;
  long asked_ = 0, answered_ = 0, failed_ = 0;
  long under_ = 0;  // requests on their way
  long long slowestUs_ = 0;
  Clock::time_point nextLook_{};
};

}  // namespace

int main(int count, char** words) {
  if (count < 4) {
    std::fprintf(stderr, "visitor HOST:PORT CONNECTIONS REQUESTS [PATH]\n");
    return 2;
  }
  std::signal(SIGTERM, [](int) { told = 1; });
  const std::string where = words[1];
  const auto colon = where.rfind(':');
  Crowd crowd(where.substr(0, colon), std::atoi(where.c_str() + colon + 1), std::strtoul(words[2], nullptr, 10),
              std::atol(words[3]), count > 4 ? words[4] : "/");
  return crowd.run();
}

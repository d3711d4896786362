// The application whose releases the real deploy tests move: one static binary in an image FROM scratch, a thread a
// connection. What a release is, and how it is broken, stands in /release.conf (conf.h).
//
//   GET /            the version, a line; also on any other path
//   GET /health      200, unless fault=unhealthy
//   GET /version     the version
//   GET /env?NAME    a variable of its environment
//   GET /via?URL     asks another service and answers with what it said
//   GET /counts      what its own visitors to another service saw (visit=URL, rate=R)
//   GET /slow?MS     answers after MS milliseconds
//   GET /report      like any; the route that hangs with fault=hang
//   POST /append     a line into data/lines; GET /lines: how many there are
//   POST, PUT        sends the body back
//   Upgrade          a WebSocket that says everything back, closed with 1012 at the end
//
// `server --check` takes a second and ends with 0: a check of a release.
//
// Faults: unhealthy, errors (5 % are 500), slow (3 % take 40 to 60 ms more: the p99 triples), leak (4 MiB a second from
// the first request on), crash (exit 3 twenty seconds after it listens), hang, wrong-port (listens on 9999), loopback
// (127.0.0.1 only), exit (at once). With depends=HOST:PORT it answers 503 without that Redis. With data=DIR it holds a
// lock in DIR, and ends with 9 when another instance holds it. SIGTERM: accepts no more, finishes what it has, closes
// what is idle, and ends.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <thread>

#include "conf.h"
#include "sha1.h"
#include "visit.h"
#include "wire.h"

namespace app {
namespace {

using namespace std::chrono_literals;
std::atomic<bool> stopping{false};
std::atomic<int> open{0};
std::atomic<bool> asked{false};  // a request that was not a probe has come

struct App {
  explicit App(const Conf& conf)
      : version(conf.text("version", "v0")),
        fault(conf.text("fault")),
        data(conf.text("data")),
        depends(conf.text("depends")),
        workMs(conf.number("work", 2)),
        idle(static_cast<int>(conf.number("idle", 5) * 1000)) {
    if (const std::string url = conf.text("visit"); !url.empty())
      visit = std::make_unique<Visit>(url, conf.number("rate", 50));
  }
  std::string version, fault, data, depends;
  double workMs;
  int idle;  // milliseconds
  std::unique_ptr<Visit> visit;
  std::mutex appending;
};

double chance() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

void work(const App& app) {
  double ms = app.workMs * (0.3 - 0.7 * std::log(1 - chance()));
  if (app.fault == "slow" && chance() < 0.03) ms += 40 + 20 * chance();
  std::this_thread::sleep_for(std::chrono::microseconds(static_cast<long>(ms * 1000)));
}

std::string answer(const App& app, int status, std::string_view body, bool close) {
  return "HTTP/1.1 " + std::to_string(status) + (status < 400 ? " OK" : " Not OK") + "\r\nX-App: " + app.version +
         "\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: " + std::to_string(body.size()) +
         (close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n") + std::string(body);
}

std::string lines(const App& app) {
  std::ifstream file(app.data + "/lines");
  return std::to_string(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
}

bool append(App& app, std::string_view line) {
  const std::lock_guard lock(app.appending);
  std::ofstream file(app.data + "/lines", std::ios::app);
  file << line << '\n';
  return static_cast<bool>(file.flush());
}

std::string via(const std::string& url) {
  std::string body, why;
  const Target to = target(url);
  const int descriptor = dial(to, why);
  if (descriptor < 0) return "0 " + why;
  Wire wire(descriptor);
  const int status = exchange(
      wire, "GET " + to.path + " HTTP/1.1\r\nHost: " + to.host + ":" + to.port + "\r\nConnection: close\r\n\r\n", body,
      why);
  return std::to_string(status) + " " + (status == 0 ? why : body);
}

// Whether the database it needs answers (Redis: PING), within a second.
bool databaseAnswers(const App& app) {
  if (app.depends.empty()) return true;
  std::string why;
  const int descriptor = dial(target(app.depends), why, 1000);
  if (descriptor < 0) return false;
  Wire wire(descriptor, 1000);
  return wire.send("PING\r\n") && wire.bytes(5) == "+PONG";
}

// Status and body of one request.
std::pair<int, std::string> served(App& app, const std::string& method, const std::string& path,
                                   const std::string& query, const std::string& body) {
  if (path == "/health")
    return {app.fault == "unhealthy" ? 503 : 200, app.fault == "unhealthy" ? "no database\n" : "ok\n"};
  if (path == "/version") return {200, app.version + "\n"};
  if (path == "/counts") return {200, app.visit ? app.visit->told() : "{}"};
  asked = true;
  if (path == "/report" && app.fault == "hang") {
    while (!stopping) std::this_thread::sleep_for(50ms);
  }
  work(app);
  if (app.fault == "errors" && chance() < 0.05) return {500, "broken\n"};
  if (!databaseAnswers(app)) return {503, "no database\n"};
  if (path == "/env") {
    const char* value = std::getenv(query.c_str());
    return {200, value == nullptr ? "" : value};
  }
  if (path == "/via") {
    const std::string said = via(query);
    return {said.starts_with("2") ? 200 : 502, said};
  }
  if (path == "/slow") std::this_thread::sleep_for(std::chrono::milliseconds(std::atoi(query.c_str())));
  if (path == "/lines") return {200, lines(app)};
  if (path == "/append") return append(app, body) ? std::pair{200, "kept\n"} : std::pair{507, "not kept\n"};
  if (method == "POST" || method == "PUT") return {200, body};
  return {200, app.version + "\n"};
}

bool webSocketFrame(Wire& wire) {
  const std::string head = wire.bytes(2);
  if (head.size() < 2) return false;
  std::size_t size = static_cast<unsigned char>(head[1]) & 127U;
  if (size == 126) {
    const std::string length = wire.bytes(2);
    if (length.size() < 2) return false;
    size =
        static_cast<std::size_t>(static_cast<unsigned char>(length[0]) << 8U | static_cast<unsigned char>(length[1]));
  }
  const std::string mask = wire.bytes(4);
  std::string data = wire.bytes(size);
  if (mask.size() < 4 || data.size() < size) return false;
  for (std::size_t i = 0; i < size; ++i) data[i] = static_cast<char>(data[i] ^ mask[i % 4]);
  const bool closes = (head[0] & 15) == 8;
  std::string frame{head[0]};
  if (size < 126) {
    frame += static_cast<char>(size);
  } else {
    frame += {126, static_cast<char>(size >> 8U), static_cast<char>(size & 255U)};
  }
  return wire.send(frame + data) && !closes;
}

void webSocket(Wire& wire, const std::string& head) {
  if (!wire.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: " +
                 webSocketAccept(field(head, "sec-websocket-key")) + "\r\n\r\n"))
    return;
  while (!stopping) {
    if (wire.readable(100) && !webSocketFrame(wire)) return;
  }
  wire.send(std::string("\x88\x02\x03\xf4", 4));  // 1012: the service restarts
  while (wire.readable(1000) && webSocketFrame(wire)) {
  }
}

// False: the connection ends.
bool request(App& app, Wire& wire) {
  for (int waited = 0; !wire.readable(50);) {
    waited += 50;
    if (stopping || waited >= app.idle) return false;
  }
  const std::string head = wire.head();
  if (head.empty()) return false;
  const std::size_t space = head.find(' ');
  const std::string method = head.substr(0, space);
  const std::string whole = head.substr(space + 1, head.find(' ', space + 1) - space - 1);
  const std::size_t mark = whole.find('?');
  if (!field(head, "upgrade").empty()) {
    webSocket(wire, head);
    return false;
  }
  if (field(head, "expect") == "100-continue") wire.send("HTTP/1.1 100 Continue\r\n\r\n");
  std::string body;
  if (!wire.body(head, body)) return false;
  auto [status, text] =
      served(app, method, whole.substr(0, mark), mark == std::string::npos ? "" : whole.substr(mark + 1), body);
  const bool close = stopping || field(head, "connection") == "close";
  return wire.send(answer(app, status, method == "HEAD" ? "" : text, close)) && !close;
}

void connection(App& app, int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  {
    Wire wire(descriptor);
    while (request(app, wire)) {
    }
  }
  --open;
}

void beginFaults(const App& app) {
  if (app.fault == "crash") {
    std::thread([] {
      std::this_thread::sleep_for(20s);
      std::puts("panic: cannot go on");
      std::fflush(stdout);
      std::_Exit(3);
    }).detach();
  }
  if (app.fault == "leak") {
    std::thread([] {
      while (!asked) std::this_thread::sleep_for(50ms);
      for (;;) {
        constexpr std::size_t kStep = 400 * 1024;
        std::fill_n(new char[kStep], kStep, 'x');
        std::this_thread::sleep_for(100ms);
      }
    }).detach();
  }
}

// Lines as a service writes them, `rate` a second.
void say(double rate) {
  std::mt19937_64 random{std::random_device{}()};
  for (unsigned long line = 0;; ++line) {
    std::printf("level=%s msg=\"request done\" path=/items/%lu status=200 duration=%.4fs request_id=%016lx line=%lu\n",
                line % 100 == 99 ? "warn" : "info", static_cast<unsigned long>(random() % 10'000),
                static_cast<double>(random() % 500) / 10'000, static_cast<unsigned long>(random()), line);
    std::fflush(stdout);
    std::this_thread::sleep_for(std::chrono::microseconds(static_cast<long>(1e6 / rate)));
  }
}

int listener(const App& app, const Conf& conf) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  const char* port = std::getenv("PORT");
  at.sin_port = htons(static_cast<std::uint16_t>(app.fault == "wrong-port" ? 9999
                                                 : port != nullptr         ? std::atoi(port)
                                                                   : static_cast<int>(conf.number("port", 8000))));
  at.sin_addr.s_addr = htonl(app.fault == "loopback" ? INADDR_LOOPBACK : INADDR_ANY);
  if (::bind(descriptor, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(descriptor, 1024) != 0) {
    std::perror("listen");
    std::exit(4);
  }
  std::printf("release %s listens on %d\n", app.version.c_str(), ntohs(at.sin_port));
  std::fflush(stdout);
  return descriptor;
}

// The one instance that may write to the data: proves that there are never two.
void lockData(const App& app) {
  if (app.data.empty()) return;
  const int descriptor = ::open((app.data + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return;
  std::puts("another instance has the data");
  std::fflush(stdout);
  std::exit(9);
}

int run() {
  const Conf conf("/release.conf");
  if (conf.text("term") == "ignore") {
    std::signal(SIGTERM, SIG_IGN);
  } else {
    struct sigaction end {};
    end.sa_handler = [](int) { stopping = true; };  // without SA_RESTART: accept returns
    ::sigaction(SIGTERM, &end, nullptr);
  }
  App& app = *new App(conf);  // outlives the threads
  if (app.fault == "exit") return 1;
  lockData(app);
  std::this_thread::sleep_for(std::chrono::milliseconds(static_cast<long>(conf.number("start", 0) * 1000)));
  const int descriptor = listener(app, conf);
  beginFaults(app);
  if (const double rate = conf.number("say", 0); rate > 0) std::thread(say, rate).detach();
  const timeval turn{0, 100'000};  // a signal that another thread took is seen soon
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &turn, sizeof turn);
  while (!stopping) {
    const int accepted = ::accept4(descriptor, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    const timeval none{};
    ::setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
    ++open;
    std::thread(connection, std::ref(app), accepted).detach();
  }
  // What already stands in the listen queue was accepted by the kernel: it is served too.
  while (true) {
    const int accepted = ::accept4(descriptor, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted < 0) break;
    ::fcntl(accepted, F_SETFL, 0);
    ++open;
    std::thread(connection, std::ref(app), accepted).detach();
  }
  ::close(descriptor);
  for (int i = 0; open > 0 && i < 500; ++i) std::this_thread::sleep_for(20ms);
  std::puts("ended");
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace
}  // namespace app

int main(int count, char** words) {
  if (count > 1 && std::string(words[1]) == "--check") {
    std::this_thread::sleep_for(std::chrono::seconds(1));
    return 0;
  }
  return app::run();
}

// A strict HTTP/2 load for soaks, in clear with prior knowledge: clients that never retry, every failure counted and
// named. One thread, poll.
//
//   load_h2 [--connections N] [--streams N] [--requests N] [--host H] [--path P] ADDRESS PORT
//
// Each connection keeps --streams requests under way. After a GOAWAY it sends no more on that connection, waits for the
// answers of what is under way and opens another; a request that was sent before the GOAWAY was seen must be answered
// like any other (RFC 9113 6.8: that is what two GOAWAYs are for). An answer must have a status of 2xx, a body of
// exactly its Content-Length and a proper end. Prints "at N" a second and one line of JSON; exit 1 when anything
// failed.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signal/histogram.h"

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kAnswerTime{20};
constexpr std::size_t kFailuresMax = 1000;

volatile std::sig_atomic_t told = 0;

struct Options {
  std::size_t connections = 8, streams = 4, requests = 0;
  std::string host = "localhost", path = "/", address;
  int port = 0;
};

struct Counts {
  std::size_t sent = 0, answered = 0, failed = 0, goneAway = 0;
  std::map<std::string, std::size_t> failures;
  orbit::signal::Histogram latency;
  void fail(const std::string& why, std::size_t count = 1) {
    failed += count;
    failures[why] += count;
  }
};

struct Stream {
  Clock::time_point begun = Clock::now();
  std::string status;
  std::size_t length = 0, bytes = 0;
  bool hasLength = false;
};

class Connection {
 public:
  Connection(const Options& options, Counts& counts) : options_(options), counts_(counts) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, onHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, onData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, onClose);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, onFrame);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    open();
  }
  ~Connection() {
    nghttp2_session_del(session_);
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool leaving() const { return leaving_; }
  bool over() const { return descriptor_ < 0 || (leaving_ && streams_.empty()); }
  bool idle() const { return streams_.empty(); }
  int descriptor() const { return descriptor_; }

  void fill(bool more) {
    while (more && !over() && !leaving_ && streams_.size() < options_.streams) request();
    flush();
    const auto now = Clock::now();
    for (const auto& [id, stream] : streams_) {
      if (now - stream.begun > kAnswerTime) return end("no answer in 20 s");
    }
  }

  void receive() {
    std::uint8_t buffer[64 * 1024];
    for (;;) {
      const ssize_t count = ::recv(descriptor_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (count < 0 && errno == EAGAIN) return flush();
      if (count <= 0) return end(count == 0 ? "closed with a request under way" : std::strerror(errno));
      const ssize_t taken = nghttp2_session_mem_recv(session_, buffer, static_cast<std::size_t>(count));
      if (taken < 0) return end(nghttp2_strerror(static_cast<int>(taken)));
    }
  }

 private:
  static Connection& self(void* user) { return *static_cast<Connection*>(user); }

  void open() {
    descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(options_.port));
    ::inet_pton(AF_INET, options_.address.c_str(), &to.sin_addr);
    const int on = 1;
    ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) return;
    counts_.fail(std::string("connect: ") + std::strerror(errno));
    end("");
  }

  void request() {
    const auto field = [](std::string_view name, std::string_view value) {
      return nghttp2_nv{reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                        reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
                        NGHTTP2_NV_FLAG_NONE};
    };
    const nghttp2_nv fields[] = {field(":method", "GET"), field(":scheme", "http"), field(":authority", options_.host),
                                 field(":path", options_.path)};
    const std::int32_t id = nghttp2_submit_request(session_, nullptr, fields, std::size(fields), nullptr, nullptr);
    if (id < 0) return end(nghttp2_strerror(id));
    ++counts_.sent;
    streams_.emplace(id, Stream());
  }

  void flush() {
    while (descriptor_ >= 0) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
      if (size <= 0) return;
      if (::send(descriptor_, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL) != size) return end("cannot send");
    }
  }

  // Each request under way has failed by it.
  void end(const std::string& why) {
    if (!streams_.empty()) counts_.fail(why, streams_.size());
    streams_.clear();
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

  static int onHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t nameSize,
                      const std::uint8_t* value, std::size_t valueSize, std::uint8_t, void* user) {
    const auto stream = self(user).streams_.find(frame->hd.stream_id);
    if (stream == self(user).streams_.end()) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), nameSize);
    const std::string_view text(reinterpret_cast<const char*>(value), valueSize);
    if (key == ":status") stream->second.status = text;
    if (key == "content-length") {
      stream->second.hasLength = true;
      std::from_chars(text.data(), text.data() + text.size(), stream->second.length);
    }
    return 0;
  }

  static int onData(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t*, std::size_t size,
                    void* user) {
    const auto stream = self(user).streams_.find(id);
    if (stream != self(user).streams_.end()) stream->second.bytes += size;
    return 0;
  }

  static int onClose(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
    Connection& connection = self(user);
    const auto at = connection.streams_.find(id);
    if (at == connection.streams_.end()) return 0;
    const Stream& stream = at->second;
    Counts& counts = connection.counts_;
    if (error != NGHTTP2_NO_ERROR) {
      counts.fail(std::string("stream ended by ") + nghttp2_http2_strerror(error));
    } else if (stream.status.substr(0, 1) != "2") {
      counts.fail("status " + stream.status);
    } else if (!stream.hasLength || stream.length != stream.bytes) {
      counts.fail("a body of another length");
    } else {
      ++counts.answered;
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - stream.begun);
      counts.latency.add(static_cast<std::uint64_t>(took.count()));
    }
    connection.streams_.erase(at);
    return 0;
  }

  static int onFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY && !std::exchange(self(user).leaving_, true)) ++self(user).counts_.goneAway;
    return 0;
  }

  const Options& options_;
  Counts& counts_;
  nghttp2_session* session_ = nullptr;
  int descriptor_ = -1;
  bool leaving_ = false;
  std::map<std::int32_t, Stream> streams_;
};

class Load {
 public:
  explicit Load(const Options& options) : options_(options) {}

  int run() {
    while (!finished()) turn();
    fmt::print(
        "{{\"answered\":{},\"failed\":{},\"failures\":{{{}}},\"goneAway\":{},\"p50Us\":{},\"p99Us\":{},\"maxUs\":{}}}"
        "\n",
        counts_.answered, counts_.failed, kinds(), counts_.goneAway, counts_.latency.quantile(0.5),
        counts_.latency.quantile(0.99), counts_.latency.quantile(1));
    return counts_.failed == 0 ? 0 : 1;
  }

 private:
  bool enough() const {
    return told != 0 || counts_.failed >= kFailuresMax || (options_.requests != 0 && counts_.sent >= options_.requests);
  }
  bool finished() const {
    return enough() && std::all_of(connections_.begin(), connections_.end(), [](auto& each) { return each.idle(); });
  }

  void turn() {
    connections_.remove_if([](const Connection& each) { return each.over(); });
    const auto serving =
        std::count_if(connections_.begin(), connections_.end(), [](const Connection& each) { return !each.leaving(); });
    for (auto i = static_cast<std::size_t>(serving); i < options_.connections && !enough(); ++i) {
      connections_.emplace_back(options_, counts_);
    }
    std::vector<pollfd> waits;
    for (Connection& each : connections_) {
      each.fill(!enough());
      waits.push_back({each.descriptor(), POLLIN, 0});
    }
    ::poll(waits.data(), waits.size(), 5);
    auto wait = waits.begin();
    for (Connection& each : connections_) {
      if ((wait++)->revents != 0) each.receive();
    }
    if (Clock::now() < nextWord_) return;
    nextWord_ = Clock::now() + std::chrono::seconds(1);
    fmt::print("at {}\n", counts_.answered + counts_.failed);
    std::fflush(stdout);
  }

  std::string kinds() const {
    std::string text;
    for (const auto& [what, count] : counts_.failures)
      text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", what, count);
    return text;
  }

  const Options& options_;
  Counts counts_;
  std::list<Connection> connections_;
  Clock::time_point nextWord_{};
};

bool parse(int count, char** words, Options& options) {
  const std::map<std::string_view, std::size_t*> numbers = {
      {"--connections", &options.connections}, {"--streams", &options.streams}, {"--requests", &options.requests}};
  const std::map<std::string_view, std::string*> texts = {{"--host", &options.host}, {"--path", &options.path}};
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
    std::fputs("load_h2 [--connections N] [--streams N] [--requests N] [--host H] [--path P] ADDRESS PORT\n", stderr);
    return 2;
  }
  std::signal(SIGTERM, [](int) { told = 1; });
  return Load(options).run();
}

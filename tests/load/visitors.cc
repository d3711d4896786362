// Visitors of all kinds for deploy tests (visitors.h): each kind counted apart, every failure told with its time.
//
//   visitors [--seconds S] [--rate R] [--keepalive N] [--fresh N] [--upload N] [--ws N] [--h2 N] [--host H,I]
//            [--ca FILE] [--paths P,Q] [--body BYTES] [--timeout S] ADDRESS PORT
//
// --rate is of all together, a second. --host: the visitors have one each, in turn. --ca: TLS, trusting that file;
// HTTP/2 needs it. Ends after --seconds or on SIGTERM with one line of JSON; exit 1 when anything failed. Versions are
// what the answers say in X-App.
#include "visitors.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>
#include <thread>

namespace load {
namespace {

using Clock = std::chrono::steady_clock;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string field(const std::string& head, const std::string& name) {
  const std::size_t at = lower(head).find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 4;
  return head.substr(from, head.find("\r\n", from) - from);
}

struct Answer {
  int status = 0;
  std::string body, version;
  bool close = false;
};

// Reads one answer; false and why when it does not come whole.
bool read(Stream& stream, const Where& where, Answer& answer, std::string& why) {
  std::string in;
  const auto end = Clock::now() + std::chrono::milliseconds(where.timeoutMs);
  for (std::size_t whole = std::string::npos;;) {
    const std::size_t head = in.find("\r\n\r\n");
    if (head != std::string::npos && whole == std::string::npos) {
      const std::string length = field(in.substr(0, head + 2), "content-length");
      if (length.empty()) return why = "an answer without Content-Length", false;
      whole = head + 4 + static_cast<std::size_t>(std::atoll(length.c_str()));
    }
    if (whole != std::string::npos && in.size() >= whole) {
      if (in.size() > whole) return why = "bytes after an answer", false;
      answer.status = std::atoi(in.c_str() + 9);
      answer.version = field(in.substr(0, head + 2), "x-app");
      answer.close = lower(field(in.substr(0, head + 2), "connection")) == "close";
      answer.body = in.substr(head + 4);
      return true;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return why = "no answer in time", false;
    const auto got = stream.read(in, static_cast<int>(left), why);
    if (got == Stream::Got::kEnd) why = in.empty() ? "closed before an answer" : "closed within an answer";
    if (got == Stream::Got::kBroken) why += in.empty() ? " before an answer" : " within an answer";
    if (got == Stream::Got::kEnd || got == Stream::Got::kBroken) return false;
  }
}

std::string randomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count));
  return bytes;
}

// One request on a stream, counted. False: the stream is not to be used again.
bool request(const Visitor& visitor, Stream& stream, const std::string& kind, const std::string& text,
             const std::string* expected = nullptr) {
  std::string why;
  Answer answer;
  const auto begun = Clock::now();
  if (!stream.write(text, why) || !read(stream, visitor.where, answer, why)) {
    visitor.report.failed(kind, why);
    return false;
  }
  if (answer.status < 200 || answer.status > 299) {
    const std::string said = answer.body.substr(0, answer.body.find('\n')).substr(0, 100);
    visitor.report.failed(kind, "status " + std::to_string(answer.status) + " of " +
                                    (answer.version.empty() ? "the edge" : answer.version) + ": " + said);
  } else if (expected != nullptr && answer.body != *expected) {
    visitor.report.failed(kind, "the body came back changed");
  } else {
    visitor.report.answered(kind, answer.version, Clock::now() - begun);
  }
  return !answer.close;
}

std::string get(const Visitor& visitor, std::size_t turn, bool close) {
  return "GET " + visitor.paths[turn % visitor.paths.size()] + " HTTP/1.1\r\nHost: " + visitor.where.host +
         "\r\nAccept: */*\r\n" + (close ? "Connection: close\r\n\r\n" : "\r\n");
}

// The stream to use: the one at hand unless it has ended meanwhile. Null: counted as failed.
Stream* ready(const Visitor& visitor, const std::string& kind, std::unique_ptr<Stream>& stream) {
  if (stream && stream->stale()) stream.reset();
  if (!stream) {
    std::string why;
    stream = Stream::open(visitor.where, why);
    if (!stream) visitor.report.failed(kind, why);
  }
  return stream.get();
}

std::string base64(const std::string& bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::string frame(char kind, const std::string& data) {
  const std::string mask = randomBytes(4);
  std::string out{static_cast<char>(0x80 | kind), static_cast<char>(0x80 | static_cast<char>(data.size()))};
  out += mask;
  for (std::size_t i = 0; i < data.size(); ++i) out += static_cast<char>(data[i] ^ mask[i % 4]);
  return out;
}

bool upgrade(const Visitor& visitor, Stream& stream, std::string& in, std::string& why) {
  const std::string text =
      "GET /ws HTTP/1.1\r\nHost: " + visitor.where.host +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
      base64(randomBytes(16)) + "\r\n\r\n";
  if (!stream.write(text, why)) return false;
  while (in.find("\r\n\r\n") == std::string::npos) {
    const auto got = stream.read(in, visitor.where.timeoutMs, why);
    if (got == Stream::Got::kBytes) continue;
    why = "no answer to the upgrade: " + (why.empty() ? std::string("closed or late") : why);
    return false;
  }
  const std::size_t end = in.find("\r\n\r\n");
  if (in.compare(9, 3, "101") != 0) return why = "upgrade refused: " + in.substr(0, in.find("\r\n")), false;
  in.erase(0, end + 4);
  return true;
}

// The next frame within `ms`: its kind and data. -1: none; -2: broken.
int nextFrame(Stream& stream, std::string& in, std::string& data, int ms, std::string& why) {
  for (;;) {
    if (in.size() >= 2 && in.size() >= 2 + static_cast<std::size_t>(in[1] & 127)) {
      data = in.substr(2, static_cast<std::size_t>(in[1] & 127));
      const int kind = in[0] & 15;
      in.erase(0, 2 + data.size());
      return kind;
    }
    const auto got = stream.read(in, ms, why);
    if (got == Stream::Got::kNothing) return -1;
    if (got == Stream::Got::kEnd) why = "closed without a word";
    if (got != Stream::Got::kBytes) return -2;
  }
}

// Takes a close frame for what it is: the right codes are no failure.
void ended(const Visitor& visitor, const std::string& data) {
  const int code = data.size() < 2 ? 0 : static_cast<unsigned char>(data[0]) << 8 | static_cast<unsigned char>(data[1]);
  if (code == 1001 || code == 1012) return visitor.report.closed("ws");
  visitor.report.failed("ws", "closed with " + std::to_string(code));
}

// Messages until the connection ends; true: this visitor goes on with another connection.
void converse(const Visitor& visitor, Stream& stream, std::string in, Pace& pace) {
  std::string data, why;
  while (pace.wait()) {
    // A close that came between two messages is seen before the next is sent.
    const int early = nextFrame(stream, in, data, 0, why);
    if (early == 8) return ended(visitor, data);
    if (early == -2) return visitor.report.failed("ws", why);
    const std::string word = base64(randomBytes(24));
    const auto begun = Clock::now();
    if (!stream.write(frame(1, word), why)) return visitor.report.failed("ws", why);
    const int kind = nextFrame(stream, in, data, visitor.where.timeoutMs, why);
    if (kind == 8) return ended(visitor, data);
    if (kind == -2) return visitor.report.failed("ws", why);
    if (kind == -1) return visitor.report.failed("ws", "no answer in time");
    if (data != word) return visitor.report.failed("ws", "another message came back");
    visitor.report.answered("ws", "", Clock::now() - begun);
  }
}

}  // namespace

Pace::Pace(double rate, const std::atomic<bool>& over)
    : step_(std::chrono::microseconds(static_cast<long>(1e6 / rate))), over_(over) {
  thread_local std::mt19937_64 random{std::random_device{}()};
  next_ = Clock::now() + step_ * (random() % 1000) / 1000;
}

bool Pace::wait() {
  while (!over_ && due() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(std::min(due(), 50)));
  taken();
  return !over_;
}

int Pace::due() const {
  const auto left = next_ - Clock::now();
  return left <= Clock::duration::zero()
             ? 0
             : static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(left).count()) + 1;
}

void Pace::taken() {
  next_ = std::max(next_ + step_, Clock::now());
}

void keepAlive(Visitor visitor) {
  std::unique_ptr<Stream> stream;
  Pace pace(visitor.rate, visitor.over);
  for (std::size_t turn = 0; pace.wait(); ++turn) {
    if (ready(visitor, "keepalive", stream) == nullptr) continue;
    if (!request(visitor, *stream, "keepalive", get(visitor, turn, false))) stream.reset();
  }
}

void fresh(Visitor visitor) {
  Pace pace(visitor.rate, visitor.over);
  for (std::size_t turn = 0; pace.wait(); ++turn) {
    std::unique_ptr<Stream> stream;
    if (ready(visitor, "fresh", stream) != nullptr) request(visitor, *stream, "fresh", get(visitor, turn, true));
  }
}

void upload(Visitor visitor) {
  std::unique_ptr<Stream> stream;
  Pace pace(visitor.rate, visitor.over);
  for (std::size_t turn = 1; pace.wait(); ++turn) {
    if (ready(visitor, "upload", stream) == nullptr) continue;
    const std::string body = randomBytes(visitor.bodyBytes * (turn % 4 + 1) / 4);
    const std::string head =
        "POST /upload HTTP/1.1\r\nHost: " + visitor.where.host +
        "\r\nContent-Type: application/octet-stream\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    if (!request(visitor, *stream, "upload", head + body, &body)) stream.reset();
  }
}

void webSocket(Visitor visitor) {
  Pace pace(visitor.rate, visitor.over);
  while (pace.wait()) {
    std::string in, why;
    const auto stream = Stream::open(visitor.where, why);
    if (!stream || !upgrade(visitor, *stream, in, why)) {
      visitor.report.failed("ws", why);
      continue;
    }
    converse(visitor, *stream, in, pace);
  }
}

}  // namespace load

namespace {

std::atomic<bool> over{false};

struct Options {
  std::map<std::string, double> numbers = {{"--seconds", 0}, {"--rate", 100},   {"--keepalive", 0},
                                           {"--fresh", 0},   {"--upload", 0},   {"--ws", 0},
                                           {"--h2", 0},      {"--body", 65536}, {"--timeout", 20}};
  std::map<std::string, std::string> texts = {{"--host", "localhost"}, {"--ca", ""}, {"--paths", "/"}};
  std::vector<std::string> rest;

  bool parse(int count, char** words) {
    for (int i = 1; i < count; ++i) {
      const std::string word = words[i];
      if (const auto at = numbers.find(word); at != numbers.end() && i + 1 < count) {
        at->second = std::atof(words[++i]);
      } else if (const auto text = texts.find(word); text != texts.end() && i + 1 < count) {
        text->second = words[++i];
      } else {
        rest.push_back(word);
      }
    }
    return rest.size() == 2 && rest[0][0] != '-';
  }
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!options.parse(count, words)) {
    std::fputs(
        "visitors [--seconds S] [--rate R] [--keepalive N] [--fresh N] [--upload N] [--ws N] [--h2 N] [--host H,I]\n"
        "         [--ca FILE] [--paths P,Q] [--body BYTES] [--timeout S] ADDRESS PORT\n",
        stderr);
    return 2;
  }
  std::signal(SIGTERM, [](int) { over = true; });
  std::signal(SIGPIPE, SIG_IGN);
  const std::pair<const char*, void (*)(load::Visitor)> kinds[] = {{"--keepalive", load::keepAlive},
                                                                   {"--fresh", load::fresh},
                                                                   {"--upload", load::upload},
                                                                   {"--ws", load::webSocket},
                                                                   {"--h2", load::http2}};
  load::Report report;
  load::Visitor visitor{{}, split(options.texts["--paths"]), 0, 0, report, over};
  visitor.where = {options.rest[0],       "",    std::atoi(options.rest[1].c_str()),
                   options.texts["--ca"], false, static_cast<int>(options.numbers["--timeout"] * 1000)};
  visitor.bodyBytes = static_cast<std::size_t>(options.numbers["--body"]);
  double all = 0;
  for (const auto& [name, kind] : kinds) all += options.numbers[name];
  visitor.rate = options.numbers["--rate"] / std::max(all, 1.0);
  const auto begun = load::Clock::now();
  const std::vector<std::string> hosts = split(options.texts["--host"]);
  std::vector<std::thread> threads;
  for (const auto& [name, kind] : kinds) {
    for (int i = 0; i < static_cast<int>(options.numbers[name]); ++i) {
      visitor.where.host = hosts[threads.size() % hosts.size()];
      threads.emplace_back(kind, visitor);
    }
  }
  const auto seconds = [&] { return std::chrono::duration<double>(load::Clock::now() - begun).count(); };
  for (int tick = 1; !over; ++tick) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (options.numbers["--seconds"] > 0 && seconds() >= options.numbers["--seconds"]) over = true;
    if (tick % 10 == 0) report.word();
  }
  for (auto& thread : threads) thread.join();
  report.print(seconds());
  return report.failures() == 0 ? 0 : 1;
}

#include "visit.h"

#include <chrono>
#include <memory>
#include <thread>

#include "wire.h"

namespace app {
namespace {
constexpr std::size_t kFirst = 20;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ') out += c;
  }
  return out + '"';
}

// Sleeps so that turns come `rate` a second, without making up for lost ones.
class Pace {
 public:
  explicit Pace(double rate) : step_(std::chrono::microseconds(static_cast<long>(1e6 / rate))) {}
  void wait() {
    next_ = std::max(next_ + step_, std::chrono::steady_clock::now() - step_);
    std::this_thread::sleep_until(next_);
  }

 private:
  std::chrono::steady_clock::duration step_;
  std::chrono::steady_clock::time_point next_ = std::chrono::steady_clock::now();
};
}  // namespace

Visit::Visit(std::string url, double rate) : url_(std::move(url)) {
  std::thread([this, rate] { kept(rate * 0.4); }).detach();
  std::thread([this, rate] { kept(rate * 0.4); }).detach();
  std::thread([this, rate] { fresh(rate * 0.2); }).detach();
}

std::string Visit::request(bool close) const {
  const Target to = target(url_);
  return "GET " + to.path + " HTTP/1.1\r\nHost: " + to.host + ":" + to.port + "\r\n" +
         (close ? "Connection: close\r\n" : "") + "\r\n";
}

void Visit::one(int status, const std::string& body, const std::string& kind, const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (status >= 200 && status < 300) {
    ++answered_;
    ++versions_[body.substr(0, body.find('\n'))];
    return;
  }
  ++failed_;
  if (first_.size() >= kFirst) return;
  char now[16];
  const std::time_t at = std::time(nullptr);
  std::tm parts{};
  std::strftime(now, sizeof now, "%H:%M:%S ", ::gmtime_r(&at, &parts));
  first_.push_back(now + kind + ": " +
                   (status == 0 ? why : "status " + std::to_string(status) + " " + body.substr(0, 80)));
}

// Like a good HTTP client: a connection the other side has closed between two requests is opened anew, and "Connection:
// close" is honoured; a request that was sent is never sent again.
void Visit::kept(double rate) {
  std::unique_ptr<Wire> wire;
  for (Pace pace(rate);;) {
    pace.wait();
    std::string body, why;
    if (wire && wire->readable(0)) wire.reset();
    if (!wire) {
      const int descriptor = dial(target(url_), why);
      if (descriptor < 0) {
        one(0, body, "kept", why);
        continue;
      }
      wire = std::make_unique<Wire>(descriptor);
    }
    if (!wire->send(request(false))) why = "cannot send";
    const std::string head = why.empty() ? wire->head() : "";
    if (head.size() < 12) {
      one(0, body, "kept", why.empty() ? "closed before an answer, or none in 20 s" : why);
      wire.reset();
      continue;
    }
    const bool whole = wire->body(head, body);
    one(whole ? std::atoi(head.c_str() + 9) : 0, body, "kept", "closed within an answer");
    if (!whole || field(head, "connection") == "close") wire.reset();
  }
}

void Visit::fresh(double rate) {
  for (Pace pace(rate);;) {
    pace.wait();
    std::string body, why;
    int status = 0;
    if (const int descriptor = dial(target(url_), why); descriptor >= 0) {
      Wire wire(descriptor);
      status = exchange(wire, request(true), body, why);
    }
    one(status, body, "fresh", why);
  }
}

std::string Visit::told() const {
  const std::lock_guard lock(mutex_);
  std::string first, versions;
  for (const auto& line : first_) first += (first.empty() ? "" : ",") + quoted(line);
  for (const auto& [name, count] : versions_)
    versions += (versions.empty() ? "" : ",") + quoted(name) + ":" + std::to_string(count);
  return "{\"answered\":" + std::to_string(answered_) + ",\"failed\":" + std::to_string(failed_) + ",\"first\":[" +
         first + "],\"versions\":{" + versions + "}}";
}

}  // namespace app

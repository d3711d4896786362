#include "report.h"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>

namespace load {
namespace {

constexpr std::size_t kSaid = 60;  // failures told one by one

std::string now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", parts.tm_hour, parts.tm_min, parts.tm_sec, ms % 1000);
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= ' ') out += c;
  }
  return out + '"';
}

std::string counts(const std::map<std::string, std::size_t>& map) {
  std::string out;
  for (const auto& [name, count] : map) out += fmt::format("{}{}:{}", out.empty() ? "" : ",", quoted(name), count);
  return "{" + out + "}";
}

}  // namespace

void Report::answered(const std::string& kind, const std::string& version, std::chrono::steady_clock::duration took) {
  const std::lock_guard lock(mutex_);
  ++kinds_[kind].answered;
  last_ = version;
  latency_.add(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
  if (version.empty()) return;
  if (++versions_[version] > 1) return;
  fmt::print("version {} {}\n", now(), version);
  std::fflush(stdout);
}

void Report::failed(const std::string& kind, const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++kinds_[kind].failed;
  ++kinds_[kind].why[what];
  if (++said_ > kSaid) return;
  fmt::print("failed {} {}: {}\n", now(), kind, what);
  std::fflush(stdout);
}

void Report::closed(const std::string& kind) {
  const std::lock_guard lock(mutex_);
  ++kinds_[kind].closed;
}

std::size_t Report::failures() {
  const std::lock_guard lock(mutex_);
  std::size_t sum = 0;
  for (const auto& [name, kind] : kinds_) sum += kind.failed;
  return sum;
}

void Report::word() {
  const std::lock_guard lock(mutex_);
  std::size_t answered = 0, failed = 0;
  for (const auto& [name, kind] : kinds_) answered += kind.answered, failed += kind.failed;
  fmt::print("at {} {}\n", answered, failed);
  std::fflush(stdout);
}

void Report::print(double seconds) {
  const std::lock_guard lock(mutex_);
  std::string kinds;
  std::size_t answered = 0, failed = 0;
  for (const auto& [name, kind] : kinds_) {
    answered += kind.answered, failed += kind.failed;
    kinds +=
        fmt::format("{}{}:{{\"answered\":{},\"failed\":{},\"closed\":{},\"failures\":{}}}", kinds.empty() ? "" : ",",
                    quoted(name), kind.answered, kind.failed, kind.closed, counts(kind.why));
  }
  fmt::print(
      "{{\"answered\":{},\"failed\":{},\"kinds\":{{{}}},\"versions\":{},\"last\":{},\"seconds\":{:.2f},\"p50Us\":{},"
      "\"p99Us\":{},\"maxUs\":{}}}\n",
      answered, failed, kinds, counts(versions_), quoted(last_), seconds, latency_.quantile(0.5),
      latency_.quantile(0.99), latency_.quantile(1));
  std::fflush(stdout);
}

}  // namespace load

// What a load saw, counted by kind of client; every failure is said at once with its time, up to a limit.
// Thread rules: any thread.
#pragma once
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "signal/histogram.h"

namespace load {

class Report {
 public:
  void answered(const std::string& kind, const std::string& version, std::chrono::steady_clock::duration took);
  void failed(const std::string& kind, const std::string& what);
  // A WebSocket that the other side ended as it should, a connection that was told to go.
  void closed(const std::string& kind);
  // "at 1200 3": answered and failed until now.
  void word();
  void print(double seconds);
  std::size_t failures();

 private:
  struct Kind {
    std::size_t answered = 0, failed = 0, closed = 0;
    std::map<std::string, std::size_t> why;
  };
  std::mutex mutex_;
  std::map<std::string, Kind> kinds_;
  std::map<std::string, std::size_t> versions_;
  std::string last_;
  std::size_t said_ = 0;
  orbit::signal::Histogram latency_;
};

}  // namespace load

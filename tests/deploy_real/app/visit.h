// Visitors from inside an environment: requests to another service by its name, on kept and on fresh connections, that
// are never tried again. Runs threads of its own until the process ends; told() may be called by any.
#pragma once
#include <atomic>
#include <ctime>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace app {

class Visit {
 public:
  // `rate`: requests a second, of all threads together.
  Visit(std::string url, double rate);
  // {"answered": 1, "failed": 0, "first": ["12:00:01 kept: status 502"], "versions": {"v1": 1}}
  std::string told() const;

 private:
  void kept(double rate);
  void fresh(double rate);
  void one(int status, const std::string& body, const std::string& kind, const std::string& why);
  std::string request(bool close) const;

  std::string url_;
  mutable std::mutex mutex_;
  std::size_t answered_ = 0, failed_ = 0;
  std::vector<std::string> first_;
  std::map<std::string, std::size_t> versions_;
};

}  // namespace app

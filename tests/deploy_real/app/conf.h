// What a release of the test application is told to be: /release.conf, baked into its image (lines of key=value), and
// APP_KEY in its environment, which wins. Keys: version, port, address, fault, work (mean milliseconds an answer
// takes), start (seconds until it listens), idle (seconds until an idle connection is closed), term=ignore, visit,
// rate, data, say (lines a second). Read once, before any thread; plain values afterwards.
#pragma once
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

namespace app {

class Conf {
 public:
  explicit Conf(const char* path) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const auto at = line.find('=');
      if (at != std::string::npos) values_[line.substr(0, at)] = line.substr(at + 1);
    }
  }
  std::string text(const std::string& key, const std::string& usual = {}) const {
    std::string name = "APP_";
    for (const char c : key) name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (const char* set = std::getenv(name.c_str()); set != nullptr) return set;
    const auto at = values_.find(key);
    return at == values_.end() ? usual : at->second;
  }
  double number(const std::string& key, double usual) const {
    const std::string value = text(key);
    return value.empty() ? usual : std::atof(value.c_str());
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace app

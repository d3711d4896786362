// A client's connection for loads, plain or TLS, one thread, with a limit on every wait. No opinion on what is sent.
// Errors: a sentence in `why`, by which failures are counted. Thread rules: one thread a Stream.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace load {

struct Where {
  std::string address = "127.0.0.1", host = "localhost";
  int port = 80;
  std::string authority;  // PEM file of whom to trust; "": no TLS
  bool h2 = false;        // offers h2 alone
  int timeoutMs = 20'000;
};

class Stream {
 public:
  // Null and why when there is no connection.
  static std::unique_ptr<Stream> open(const Where& where, std::string& why);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  bool write(std::string_view data, std::string& why);
  enum class Got { kBytes, kEnd, kNothing, kBroken };
  // Appends what comes within `ms`; kNothing: none did.
  Got read(std::string& into, int ms, std::string& why);
  // Whether the other side has ended it, or something came that nobody asked for.
  bool stale();

 private:
  struct Inside;
  explicit Stream(std::unique_ptr<Inside> inside);
  std::unique_ptr<Inside> inside_;
};

}  // namespace load

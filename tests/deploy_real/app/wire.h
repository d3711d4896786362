// Blocking HTTP/1.1 bytes for the test application, both ends; good enough for peers that are tested elsewhere.
// Thread rules: one thread a Wire.
#pragma once
#include <string>
#include <string_view>

namespace app {

// A socket and what was read from it and not used yet.
class Wire {
 public:
  // `limitMs`: how long a read waits for the next bytes.
  explicit Wire(int descriptor, int limitMs = 20'000) : descriptor_(descriptor), limitMs_(limitMs) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();

  // Waits up to `ms` for a byte; false: none came.
  bool readable(int ms);
  // Everything up to the empty line, without it; "": the other side closed.
  std::string head();
  // That many bytes; shorter when the other side closed before.
  std::string bytes(std::size_t count);
  // The body as the head says: Content-Length, chunked, or none. False: it did not come whole.
  bool body(std::string_view head, std::string& into);
  bool send(std::string_view data);
  bool buffered() const { return !in_.empty(); }

 private:
  bool more();
  bool chunks(std::string& into);

  int descriptor_, limitMs_;
  std::string in_;
};

// The value of a field of a head, in any case; "" when it is not there.
std::string field(std::string_view head, std::string_view name);

// A connection to "http://host:port/path"; -1 and why when there is none.
struct Target {
  std::string host = "localhost", port = "80", path = "/";
};
Target target(std::string_view url);
int dial(const Target& to, std::string& why, int limitMs = 20'000);

// One exchange on a connection: the status, or 0 and why.
int exchange(Wire& wire, const std::string& request, std::string& body, std::string& why);

}  // namespace app

// Byte streams over unix sockets, TCP and TLS, and listeners. Thread rules: the thread of their Loop; one reader and
// one writer at a time. Closed by destruction.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/loop.h"

namespace orbit::net {

class Stream {
 public:
  virtual ~Stream() = default;
  // Up to buffer.size() bytes; 0 at the end of the stream.
  virtual Task<Result<std::size_t>> read(std::span<char> buffer, Wait wait) = 0;
  // All of `bytes` (kept alive by the caller until done).
  virtual Task<Status> write(std::string_view bytes, Wait wait) = 0;
  // No more writes; the peer reads the end. Reading goes on.
  virtual Status shutdownWrite() = 0;
  // Resolves when the peer has closed (or on error), without reading what it sent. For servers that only write.
  virtual Task<Status> closedByPeer(Wait wait) = 0;
  // Asked without waiting: the peer neither closed nor sent anything that was not read. For pools, before reuse.
  virtual bool quiet() { return false; }
};

// TLS for a TCP address: PEM files; empty = none. Used for DOCKER_TLS_VERIFY.
struct Tls {
  std::string caFile, certificateFile, keyFile;
  bool verify = true;
  std::string name = {};  // the certificate's, and SNI; "": the host's
  // Whose certificates nobody here has to know: its name and time are looked at alone.
  bool anyAuthority = false;
};

// Where to connect: a unix socket's path, or host and port.
struct Address {
  std::string unixPath;
  std::string host;
  int port = 0;
  std::shared_ptr<const Tls> tls;  // null = plain
  static Address unixSocket(std::string path);
  static Address tcp(std::string host, int port);
  std::string text() const;
};

// Errors: kUnavailable (refused, no such socket, unreachable), kDenied, kTimeout, kCancelled. Names are resolved on a
// worker.
Task<Result<std::unique_ptr<Stream>>> connect(Loop& loop, Address address, Wait wait);
// A connected descriptor as a stream; takes ownership of it.
std::unique_ptr<Stream> adopt(Loop& loop, int descriptor);

class Listener {
 public:
  // A unix socket with the given mode; replaces a stale one that nobody answers, kConflict if somebody does.
  static Result<std::unique_ptr<Listener>> unixSocket(Loop& loop, const std::string& path, unsigned mode);
  static Result<std::unique_ptr<Listener>> tcp(Loop& loop, const std::string& host, int port);  // port 0: any free one
  static std::unique_ptr<Listener> adopt(Loop& loop, int descriptor);                           // already listening
  ~Listener();
  Task<Result<std::unique_ptr<Stream>>> accept(Wait wait);
  int descriptor() const;
  int port() const;

 private:
  Listener(Loop& loop, int descriptor);
  Loop& loop_;
  int descriptor_;
};

// Binds and listens without a Loop, for hold, which keeps the descriptor.
Result<int> listenUnix(const std::string& path, unsigned mode);

}  // namespace orbit::net

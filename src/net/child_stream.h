// A child process as a stream: what is written goes to its standard input, what is read is its standard output (one
// socket pair for both). It stays in our process group, so that it may ask at the terminal (ssh: a passphrase), and
// Ctrl-C there is left to us. Destruction closes its input and ends it. Thread rules: the thread of its Loop.
#pragma once
#include "net/process.h"
#include "net/stream.h"

namespace orbit::net {

class Child;

class ChildStream final : public Stream {
 public:
  // Errors: kNotFound when there is no such program.
  static Result<std::unique_ptr<ChildStream>> start(Loop& loop, const Command& command);
  ~ChildStream() override;

  Task<Result<std::size_t>> read(std::span<char> buffer, Wait wait) override;
  Task<Status> write(std::string_view bytes, Wait wait) override;
  Status shutdownWrite() override;
  Task<Status> closedByPeer(Wait wait) override;
  bool quiet() override;

  // Waits until it has ended and all it said on standard error is here. Errors: kTimeout, kCancelled.
  Task<Result<Exit>> ended(Wait wait);
  // The end of what it said on standard error.
  const std::string& said() const { return said_; }

 private:
  ChildStream(Loop& loop, std::unique_ptr<Child> child, int socket, int errors);
  static Task<void> listen(std::unique_ptr<Stream> errors, std::string& said);

  Loop& loop_;
  std::unique_ptr<Child> child_;
  std::unique_ptr<Stream> socket_;
  std::string said_;
  TaskGroup listening_;
};

}  // namespace orbit::net

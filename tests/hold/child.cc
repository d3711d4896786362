// A child for hold's tests: answers each connection on descriptor 3 with its process id and ORBIT_LISTENERS.
// Arguments: "quit" ends at once; "deaf" ignores SIGTERM; "flood" writes 20 MiB of log first.
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

int main(int count, char** words) {
  const std::string mode = count > 1 ? words[1] : "";
  if (mode == "quit") return 3;
  if (mode == "deaf") ::signal(SIGTERM, SIG_IGN);
  if (mode == "flood") {
    const std::string line = std::string(1023, 'x') + "\n";
    for (int i = 0; i < 20 * 1024; ++i) {
      if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return 4;
    }
  }
  const char* listeners = std::getenv("ORBIT_LISTENERS");
  const std::string answer = std::to_string(::getpid()) + " " + (listeners == nullptr ? "" : listeners) + "\n";
  for (;;) {
    const int connection = ::accept(3, nullptr, nullptr);
    if (connection < 0) {
      ::usleep(1000);  // the listener does not block
      continue;
    }
    [[maybe_unused]] const auto sent = ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    ::close(connection);
  }
}

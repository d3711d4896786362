// A child for hold's tests: answers each connection on descriptor 3 with its process id and ORBIT_LISTENERS.
// Arguments: "quit" ends at once; "deaf" ignores SIGTERM; "flood" writes 20 MiB of log first; "edge FILE" says on its
// channel what stands in FILE ("ready", or nothing, or "quit" to end instead).
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
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
  if (mode == "edge") {
    std::string word;
    std::ifstream(words[2]) >> word;
    if (word == "quit") return 3;
    const std::string line = word + "\n";
    const int channel = std::atoi(std::getenv("ORBIT_HOLD"));
    if (!word.empty() && ::send(channel, line.data(), line.size(), MSG_NOSIGNAL) < 0) return 4;
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

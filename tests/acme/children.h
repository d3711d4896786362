// Programs a test runs beside itself, ended with it by their process id, and ports nobody else has.
#pragma once
#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace orbit::acme_test {

class Child {
 public:
  Child() = default;
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  // Both outputs go to `logFile`.
  void start(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment,
             const std::string& logFile);
  void end();  // SIGKILL, and waits
  bool running() const { return pid_ > 0; }

 private:
  pid_t pid_ = 0;
};

bool installed(const std::string& program);  // found in PATH
// Runs it to its end; its standard output.
std::string outputOf(const std::string& command);
// TCP and UDP free on 127.0.0.1 a moment ago. Below those that the system gives to who asks for any: other tests, which
// run at the same time, might get it before the child binds it.
int freePort();
// Waits up to ten seconds until something accepts there.
bool awaitPort(int port);
std::string readText(const std::string& path);
void writeText(const std::string& path, const std::string& text);

}  // namespace orbit::acme_test

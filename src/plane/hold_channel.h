// The line to hold (hold/hold.h says what it understands). Private to plane. Thread rules: one owner; calls block for
// as long as hold takes, milliseconds, and 5 s at most.
#pragma once
#include <map>
#include <string>

#include "base/result.h"
#include "net/descriptor.h"

namespace orbit::plane {

class HoldChannel {
 public:
  explicit HoldChannel(int descriptor) : channel_(descriptor) {}

  // Errors: what hold refuses, kUnavailable.
  Status listen(const std::string& name, const std::string& address, bool freeBind);
  Status release(const std::string& name);
  Status ready();
  struct Socket {
    std::string address;
    net::Descriptor descriptor;
  };
  Result<std::map<std::string, Socket>> take();  // by name

 private:
  struct Answer {
    std::string text;
    std::vector<net::Descriptor> descriptors;
  };
  // A command and its answer, up to "ok" or "error …".
  Result<Answer> ask(const std::string& command);

  net::Descriptor channel_;
};

}  // namespace orbit::plane

// The TCP listeners that hold was asked to keep. Private to hold. Thread rules: hold's one thread.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "net/net.h"

namespace orbit::hold {

class Listeners {
 public:
  // Binds and keeps; nothing happens when that name has that address already. Errors: kInvalid, kConflict, kDenied,
  // kLimit.
  Status listen(const std::string& name, const std::string& address, bool freeBind);
  // Errors: kNotFound.
  Status release(const std::string& name);
  // "NAME ADDRESS" a line, in the order of descriptors().
  std::string list() const;
  std::vector<int> descriptors() const;

 private:
  std::vector<int> atPortOf(const std::string& address) const;
  struct Row {
    std::string name, address;
    bool freeBind = false;
    net::Descriptor descriptor;
  };
  std::vector<Row>::iterator find(const std::string& name);
  std::vector<Row> rows_;
};

}  // namespace orbit::hold

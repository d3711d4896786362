// Virtual addresses on interfaces, by rtnetlink (rtnetlink(7)). Private to hold. Thread rules: plain functions.
#pragma once
#include <string>

#include "base/result.h"

namespace orbit::hold {

struct VirtualAddress {
  bool v6 = false;
  unsigned char bytes[16] = {};
};
// "10.1.0.130/32" or "fd00::82/128": a single address of a private range (RFC 1918, RFC 4193). Errors: kInvalid.
Result<VirtualAddress> parseVirtualAddress(const std::string& text);
// Adding one that is there, and removing one that is not, succeeds. Errors: kDenied (not root), kNotFound (interface),
// kIo.
Status changeAddress(const VirtualAddress& address, const std::string& interface, bool add);

}  // namespace orbit::hold

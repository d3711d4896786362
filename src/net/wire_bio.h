// The BIO between OpenSSL and the bytes of one connection: reads from a view of what just arrived, appends what goes
// out to the caller's string; nothing is kept. Private to net. Thread rules: a Wire belongs to its connection's thread.
#pragma once
#include <string>
#include <string_view>

struct bio_st;

namespace orbit::net {

struct Wire {
  std::string_view in;         // not yet read; empty: OpenSSL is told to try again
  std::string* out = nullptr;  // set during each call into OpenSSL
};

// A BIO over `wire`, which outlives it. Owned by who asks (an SSL frees it).
bio_st* newWireBio(Wire& wire);

}  // namespace orbit::net

// Problem documents (RFC 7807, RFC 8555 6.7) as errors that teach. Thread rules: pure functions.
#pragma once
#include <string>

#include "base/result.h"
#include "format/format.h"

namespace orbit::cert {

struct Problem {
  std::string type;    // without "urn:ietf:params:acme:error:"
  std::string detail;  // as the authority wrote it, made printable and cut
};

Problem readProblem(const format::Json& document);
// "the authority refused …: detail (type)" with what to do about it.
Error problemError(const Problem& problem, const std::string& what);
// Text of a peer, fit for one line of a log.
std::string printable(std::string_view text);

}  // namespace orbit::cert

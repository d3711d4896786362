#include "cert/core/acme_problem.h"

#include <utility>

#include "base/text.h"

namespace orbit::cert {
namespace {

constexpr std::size_t kDetailBytesMax = 500;
constexpr std::string_view kErrorPrefix = "urn:ietf:params:acme:error:";

struct Hint {
  std::string_view type;
  Code code;
  std::string_view text;
};
// RFC 8555 6.7.
constexpr Hint kHints[] = {
    {"connection", Code::kUnavailable,
     "the authority could not reach this host from outside: is its port open there, and does its address lead here?"},
    {"dns", Code::kInvalid, "the name does not resolve for the authority: set its A or AAAA record"},
    {"unauthorized", Code::kDenied,
     "something else answers for this name: do its A and AAAA records lead to this machine, and only to it?"},
    {"incorrectResponse", Code::kDenied, "something else answers for this name: does it lead to this machine?"},
    {"tls", Code::kUnavailable, "TLS with this host failed: is port 443 open, with nothing in front that ends TLS?"},
    {"caa", Code::kDenied, "a CAA record of the name does not allow this authority: add it there"},
    {"rejectedIdentifier", Code::kInvalid, "this authority does not issue for that name"},
    {"unsupportedIdentifier", Code::kInvalid, "this authority does not issue for that kind of name"},
    {"unsupportedContact", Code::kInvalid, "check the e-mail address of this authority in the table"},
    {"invalidContact", Code::kInvalid, "check the e-mail address of this authority in the table"},
    {"rateLimited", Code::kLimit, "too many certificates were asked for; it is tried again when that is allowed"},
    {"externalAccountRequired", Code::kUnsupported, "this authority wants an account made elsewhere first"},
    {"userActionRequired", Code::kDenied, "the authority wants something of its user: read its message"},
};

}  // namespace

std::string printable(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kDetailBytesMax)) {
    const auto byte = static_cast<unsigned char>(c);
    line += byte < 0x20 || byte == 0x7f ? ' ' : c;
  }
  if (text.size() > kDetailBytesMax) line += "…";
  return line;
}

Problem readProblem(const format::Json& document) {
  Problem problem;
  std::string_view type = document["type"].asString();
  if (startsWith(type, kErrorPrefix)) type.remove_prefix(kErrorPrefix.size());
  problem.type = printable(type);
  problem.detail = printable(document["detail"].asString());
  // The part that says which name it is about (RFC 8555 6.7.1).
  for (const format::Json& part : document["subproblems"].items()) {
    const std::string name = printable(part["identifier"]["value"].asString());
    const std::string detail = printable(part["detail"].asString());
    if (problem.detail.size() < kDetailBytesMax && !detail.empty()) problem.detail += "; " + name + ": " + detail;
  }
  return problem;
}

Error problemError(const Problem& problem, const std::string& what) {
  Error error{Code::kDenied, what};
  if (!problem.detail.empty()) error.message += ": " + problem.detail;
  if (!problem.type.empty()) error.message += " [" + problem.type + "]";
  for (const Hint& hint : kHints) {
    if (hint.type != problem.type) continue;
    error.code = hint.code;
    error.hint = hint.text;
  }
  return error;
}

}  // namespace orbit::cert

#include "base/result.h"

namespace orbit {

std::string_view codeName(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "invalid";
    case Code::kNotFound:
      return "not_found";
    case Code::kConflict:
      return "conflict";
    case Code::kDenied:
      return "denied";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kTimeout:
      return "timeout";
    case Code::kCancelled:
      return "cancelled";
    case Code::kLimit:
      return "limit";
    case Code::kNoSpace:
      return "no_space";
    case Code::kIo:
      return "io";
    case Code::kProtocol:
      return "protocol";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kStale:
      return "stale";
    case Code::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Location::text() const {
  std::string out = file;
  if (line > 0) out += ":" + std::to_string(line);
  if (line > 0 && column > 0) out += ":" + std::to_string(column);
  return out;
}

std::string Error::text() const {
  std::string out;
  if (at.known()) out = at.text() + ": ";
  out += message;
  if (!hint.empty()) out += " (" + hint + ")";
  return out;
}

Error Error::within(std::string_view context) && {
  message = std::string(context) + ": " + message;
  return std::move(*this);
}

void checkFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "orbit: invariant broken: %s at %s:%d\n", expression, file, line);
  std::abort();
}

}  // namespace orbit

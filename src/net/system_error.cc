#include "net/system_error.h"

#include <cerrno>
#include <cstring>

namespace orbit::net {
namespace {

Code codeOf(int number) {
  switch (number) {
    case EACCES:
    case EPERM:
      return Code::kDenied;
    case ENOENT:
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
    case ENOTCONN:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
      return Code::kUnavailable;
    case ETIMEDOUT:
      return Code::kTimeout;
    case EADDRINUSE:
      return Code::kConflict;
    case ENOSPC:
    case EDQUOT:
      return Code::kNoSpace;
    case EMFILE:
    case ENFILE:
      return Code::kLimit;
    default:
      return Code::kIo;
  }
}

}  // namespace

Error systemError(int number, std::string what) {
  const char* text = strerrordesc_np(number);
  return {codeOf(number), std::move(what) + ": " + (text == nullptr ? "unknown error" : text)};
}

}  // namespace orbit::net

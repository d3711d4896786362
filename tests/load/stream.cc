#include "stream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>

namespace load {
namespace {

// One a process: reading the file anew for every connection would be most of the work.
SSL_CTX* context(const std::string& authority) {
  static std::once_flag once;
  static SSL_CTX* context = nullptr;
  std::call_once(once, [&] {
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_CTX_load_verify_locations(context, authority.c_str(), nullptr) != 1) {
      std::fprintf(stderr, "no certificates in %s\n", authority.c_str());
      std::exit(2);
    }
  });
  return context;
}

std::string tlsError(SSL* tls, int done) {
  const int kind = SSL_get_error(tls, done);
  if (const long verdict = SSL_get_verify_result(tls); verdict != X509_V_OK)
    return std::string("certificate: ") + X509_verify_cert_error_string(verdict);
  if (kind == SSL_ERROR_SYSCALL && errno != 0) return std::strerror(errno);
  const unsigned long code = ERR_get_error();
  return code == 0 ? "TLS ended" : std::string("TLS: ") + ERR_reason_error_string(code);
}

}  // namespace

struct Stream::Inside {
  int descriptor = -1;
  SSL* tls = nullptr;
  int timeoutMs = 0;

  bool wait(short events, int ms) const {
    pollfd one{descriptor, events, 0};
    return ::poll(&one, 1, ms) > 0;
  }
  // For an operation of OpenSSL that answered `done`: waits for what it wants; false: it failed.
  bool waitTls(int done, int ms) const {
    const int kind = SSL_get_error(tls, done);
    if (kind == SSL_ERROR_WANT_READ) return wait(POLLIN, ms);
    if (kind == SSL_ERROR_WANT_WRITE) return wait(POLLOUT, ms);
    return false;
  }
  bool connect(const Where& where, std::string& why) {
    descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(where.port));
    ::inet_pton(AF_INET, where.address.c_str(), &to.sin_addr);
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
      return why = std::string("connect: ") + std::strerror(errno), false;
    if (!wait(POLLOUT, where.timeoutMs)) return why = "connect: no answer", false;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return why = std::string("connect: ") + std::strerror(error), false;
    return true;
  }
  bool handshake(const Where& where, std::string& why) {
    tls = SSL_new(context(where.authority));
    SSL_set_fd(tls, descriptor);
    SSL_set_tlsext_host_name(tls, where.host.c_str());
    SSL_set1_host(tls, where.host.c_str());
    if (where.h2) SSL_set_alpn_protos(tls, reinterpret_cast<const unsigned char*>("\x02h2"), 3);
    for (;;) {
      ERR_clear_error();
      errno = 0;
      const int done = SSL_connect(tls);
      if (done == 1) return true;
      const int kind = SSL_get_error(tls, done);
      if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE)
        return why = "handshake: " + tlsError(tls, done), false;
      if (!waitTls(done, where.timeoutMs)) return why = "handshake: no answer", false;
    }
  }
  ~Inside() {
    SSL_free(tls);
    if (descriptor >= 0) ::close(descriptor);
  }
};

Stream::Stream(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
Stream::~Stream() = default;

std::unique_ptr<Stream> Stream::open(const Where& where, std::string& why) {
  auto inside = std::make_unique<Inside>();
  inside->timeoutMs = where.timeoutMs;
  if (!inside->connect(where, why)) return nullptr;
  if (!where.authority.empty() && !inside->handshake(where, why)) return nullptr;
  return std::unique_ptr<Stream>(new Stream(std::move(inside)));
}

bool Stream::write(std::string_view data, std::string& why) {
  while (!data.empty()) {
    ERR_clear_error();
    errno = 0;
    const auto sent = inside_->tls != nullptr
                          ? SSL_write(inside_->tls, data.data(), static_cast<int>(data.size()))
                          : static_cast<int>(::send(inside_->descriptor, data.data(), data.size(), MSG_NOSIGNAL));
    if (sent > 0) {
      data.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    const bool again = inside_->tls != nullptr ? inside_->waitTls(sent, inside_->timeoutMs)
                                               : errno == EAGAIN && inside_->wait(POLLOUT, inside_->timeoutMs);
    if (!again) return why = inside_->tls != nullptr ? tlsError(inside_->tls, sent) : std::strerror(errno), false;
  }
  return true;
}

Stream::Got Stream::read(std::string& into, int ms, std::string& why) {
  char buffer[64 * 1024];
  // More than one turn where TLS takes records of its own, such as tickets.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  for (;;) {
    ERR_clear_error();
    errno = 0;
    const auto count = inside_->tls != nullptr
                           ? SSL_read(inside_->tls, buffer, sizeof buffer)
                           : static_cast<int>(::recv(inside_->descriptor, buffer, sizeof buffer, 0));
    if (count > 0) return into.append(buffer, static_cast<std::size_t>(count)), Got::kBytes;
    if (inside_->tls == nullptr && count == 0) return Got::kEnd;
    const int kind = inside_->tls != nullptr ? SSL_get_error(inside_->tls, count) : 0;
    if (kind == SSL_ERROR_ZERO_RETURN || (kind == SSL_ERROR_SYSCALL && errno == 0)) return Got::kEnd;
    const bool again = inside_->tls != nullptr ? kind == SSL_ERROR_WANT_READ : errno == EAGAIN;
    if (!again) {
      why = inside_->tls != nullptr ? tlsError(inside_->tls, count) : std::strerror(errno);
      return Got::kBroken;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0 && ms > 0) return Got::kNothing;
    if (!inside_->wait(POLLIN, static_cast<int>(std::max<long>(left, 0)))) return Got::kNothing;
  }
}

bool Stream::stale() {
  std::string bytes, why;
  return read(bytes, 0, why) != Got::kNothing;
}

}  // namespace load

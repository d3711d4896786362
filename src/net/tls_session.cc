#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

#include "base/base.h"

namespace orbit::net {
namespace {

constexpr std::size_t kRecordBytesMax = 16 * 1024;  // of plain text (RFC 8446 5.1)
constexpr std::size_t kRecordOverheadBytes = 40;    // at most, with the ciphers we offer

// Plain text on its way to the listener; one a thread, since nothing stays in it between two calls.
std::array<char, kRecordBytesMax>& scratch() {
  static thread_local std::array<char, kRecordBytesMax> bytes;
  return bytes;
}

}  // namespace

void FreeTlsContext::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}
void FreeTls::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

std::shared_ptr<const CertificateIndex> TlsServerState::certificates() const {
  const std::lock_guard lock(mutex_);
  return certificates_;
}

std::shared_ptr<const TicketKeys> TlsServerState::keys() const {
  const std::lock_guard lock(mutex_);
  return keys_;
}

// The set before is freed by the caller's thread after the lock is given back: freeing thousands of rows takes time.
void TlsServerState::setCertificates(std::shared_ptr<const CertificateIndex> certificates) {
  const std::lock_guard lock(mutex_);
  certificates_.swap(certificates);
}

void TlsServerState::setKeys(std::shared_ptr<const TicketKeys> keys) {
  const std::lock_guard lock(mutex_);
  keys_.swap(keys);
}

OpenSslSession::OpenSslSession(std::shared_ptr<TlsServerState> server)
    : server_(std::move(server)), ssl_(SSL_new(server_->context())) {
  ORBIT_CHECK(ssl_ != nullptr);
  SSL_set_app_data(ssl_.get(), this);
  BIO* bio = newWireBio(bytes_);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

OpenSslSession::~OpenSslSession() = default;

TlsSession::State OpenSslSession::feed(std::string_view bytes, const std::function<void(std::string_view)>& plain,
                                       std::string& wire) {
  if (state_ == State::kFailed || state_ == State::kClosed) return state_;
  ERR_clear_error();
  bytes_ = {bytes, &wire};
  if (state_ == State::kHandshake) shakeHands();
  if (state_ == State::kOpen) readAll(plain);
  bytes_ = {};
  return state_;
}

void OpenSslSession::shakeHands() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) {
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return;
    fail("the handshake was cut off");
    return;
  }
  state_ = State::kOpen;
  if (!serverName_.empty()) shown_ = chosen_->shared_from_this();
  chosen_ = nullptr;
  certificates_.reset();
}

void OpenSslSession::readAll(const std::function<void(std::string_view)>& plain) {
  auto& buffer = scratch();
  for (;;) {
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count);
    if (renegotiated_) {
      state_ = State::kFailed;
      failure_ = "the client asked for a new handshake";
      return;
    }
    if (result == 1) {
      plain(std::string_view(buffer.data(), count));
      if (state_ != State::kOpen) return;
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_WANT_READ) return;
    if (why == SSL_ERROR_ZERO_RETURN) {
      state_ = State::kClosed;
      return;
    }
    fail("the connection was cut off");
    return;
  }
}

void OpenSslSession::fail(const char* otherwise) {
  failure_ = takeTlsReason(otherwise);
  state_ = State::kFailed;
  chosen_ = nullptr;
  certificates_.reset();
}

bool OpenSslSession::write(std::string_view plain, std::string& wire) {
  if (state_ == State::kHandshake || state_ == State::kFailed || closed_) return false;
  if (plain.empty()) return true;
  wire.reserve(wire.size() + plain.size() + (plain.size() / kRecordBytesMax + 1) * kRecordOverheadBytes);
  std::string* const before = bytes_.out;
  bytes_.out = &wire;
  std::size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &count);
  bytes_.out = before;
  if (result == 1 && count == plain.size()) return true;
  fail("the connection cannot be written to");
  return false;
}

void OpenSslSession::close(std::string& wire) {
  if (state_ == State::kHandshake || state_ == State::kFailed || closed_) return;
  std::string* const before = bytes_.out;
  bytes_.out = &wire;
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
  bytes_.out = before;
  closed_ = true;
}

std::string_view OpenSslSession::protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string_view OpenSslSession::version() const {
  return SSL_get_version(ssl_.get());
}

}  // namespace orbit::net

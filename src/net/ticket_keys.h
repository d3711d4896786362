// The keys that seal session tickets (RFC 5077, RFC 8446 4.6.1): the newest seals, all open, so that a key can be
// replaced without a full handshake for those who hold an older ticket. Several servers with the same keys resume each
// other's sessions. Private to net. Thread rules: TicketKeys are immutable.
#pragma once
#include <memory>
#include <string>
#include <vector>

struct ssl_st;
struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;

namespace orbit::net {

class TicketKeys {
 public:
  static constexpr std::size_t kKeyBytes = 48;  // name 16, secret 32
  // Those of another size are left out; one random key when none is left.
  explicit TicketKeys(const std::vector<std::string>& keys);
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // As OpenSSL's ticket callback: 1 done, 2 done and a newer ticket should be given, 0 no such key, -1 failed.
  int seal(unsigned char* name, unsigned char* iv, evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac) const;
  int open(const unsigned char* name, const unsigned char* iv, evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac) const;

 private:
  struct Key {
    unsigned char name[16];
    unsigned char cipher[32];
    unsigned char mac[32];
  };
  std::vector<Key> keys_;
};

}  // namespace orbit::net

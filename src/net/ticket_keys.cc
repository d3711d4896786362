#include "net/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cstring>

#include "base/result.h"

namespace orbit::net {
namespace {

const EVP_CIPHER* ticketCipher() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr);
  return cipher;
}

// HKDF-SHA256 (RFC 5869): one secret, two keys.
void derive(const unsigned char* secret, std::size_t size, const char* purpose, unsigned char (&key)[32]) {
  EVP_KDF* kdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  EVP_KDF_CTX* context = EVP_KDF_CTX_new(kdf);
  ORBIT_CHECK(context != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<unsigned char*>(secret), size),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, const_cast<char*>(purpose), std::strlen(purpose)),
      OSSL_PARAM_construct_end()};
  ORBIT_CHECK(EVP_KDF_derive(context, key, sizeof key, parameters) == 1);
  EVP_KDF_CTX_free(context);
  EVP_KDF_free(kdf);
}

bool setMacKey(EVP_MAC_CTX* mac, const unsigned char (&key)[32]) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<unsigned char*>(key), sizeof key),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

std::string randomKey() {
  std::string key(TicketKeys::kKeyBytes, '\0');
  ORBIT_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) == 1);
  return key;
}

}  // namespace

TicketKeys::TicketKeys(const std::vector<std::string>& keys) {
  const auto add = [this](const std::string& text) {
    if (text.size() != kKeyBytes) return;
    Key& key = keys_.emplace_back();
    std::memcpy(key.name, text.data(), sizeof key.name);
    const auto* secret = reinterpret_cast<const unsigned char*>(text.data()) + sizeof key.name;
    derive(secret, kKeyBytes - sizeof key.name, "orbit ticket cipher", key.cipher);
    derive(secret, kKeyBytes - sizeof key.name, "orbit ticket mac", key.mac);
  };
  keys_.reserve(keys.size() + 1);  // never moved: no copy of a key is left behind in freed memory
  for (const std::string& key : keys) add(key);
  if (keys_.empty()) add(randomKey());
}

TicketKeys::~TicketKeys() {
  OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(Key));
}

int TicketKeys::seal(unsigned char* name, unsigned char* iv, evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac) const {
  const Key& key = keys_.front();
  std::memcpy(name, key.name, sizeof key.name);
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(ticketCipher())) != 1) return -1;
  if (EVP_EncryptInit_ex2(cipher, ticketCipher(), key.cipher, iv, nullptr) != 1) return -1;
  return setMacKey(mac, key.mac) ? 1 : -1;
}

int TicketKeys::open(const unsigned char* name, const unsigned char* iv, evp_cipher_ctx_st* cipher,
                     evp_mac_ctx_st* mac) const {
  for (const Key& key : keys_) {
    if (std::memcmp(name, key.name, sizeof key.name) != 0) continue;
    if (EVP_DecryptInit_ex2(cipher, ticketCipher(), key.cipher, iv, nullptr) != 1) return -1;
    if (!setMacKey(mac, key.mac)) return -1;
    return &key == &keys_.front() ? 1 : 2;
  }
  return 0;
}

}  // namespace orbit::net

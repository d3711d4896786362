#include "cert/core/crypto.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <array>

namespace orbit::cert {
namespace {

constexpr int kCoordinateBytes = 32;

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string textOf(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(size)};
}

// A PEM without a password: never ask a terminal for one.
int noPassword(char*, int, int, void*) {
  return -1;
}

}  // namespace

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ORBIT_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string randomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  ORBIT_CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

std::string base64Url(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve(bytes.size() * 4 / 3 + 3);
  unsigned pending = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    pending = (pending << 8 | static_cast<unsigned char>(c)) & 0xffffU;
    for (bits += 8; bits >= 6; bits -= 6) text += kDigits[(pending >> (bits - 6)) & 63U];
  }
  if (bits > 0) text += kDigits[(pending << (6 - bits)) & 63U];
  return text;
}

Result<std::string> base64Decode(std::string_view text) {
  const auto valueOf = [](char c) -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
  };
  std::string bytes;
  unsigned pending = 0;
  unsigned bits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    const int value = c == '=' ? 0 : valueOf(c);
    if (value < 0 || (c != '=' && padding > 0)) return Error{Code::kInvalid, "the text is not in base64"};
    if (c == '=') {
      ++padding;
      continue;
    }
    pending = (pending << 6 | static_cast<unsigned>(value)) & 0xffffU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes += static_cast<char>(pending >> bits & 0xffU);
    }
  }
  if (bits >= 6 || padding > 2) return Error{Code::kInvalid, "the base64 text is cut off"};
  return bytes;
}

std::string hmac(const char* digest, std::string_view secret, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned size = 0;
  const EVP_MD* kind = EVP_get_digestbyname(digest);
  ORBIT_CHECK(kind != nullptr);
  ORBIT_CHECK(HMAC(kind, secret.data(), static_cast<int>(secret.size()), bytesOf(bytes), bytes.size(), code.data(),
                   &size) != nullptr);
  return {reinterpret_cast<const char*>(code.data()), size};
}

bool equalInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Key Key::make() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  ORBIT_CHECK(key != nullptr);
  return Key(std::shared_ptr<evp_pkey_st>(key, EVP_PKEY_free));
}

Result<Key> Key::parse(std::string_view pem) {
  BIO* memory = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* raw = PEM_read_bio_PrivateKey(memory, nullptr, noPassword, nullptr);
  BIO_free(memory);
  ERR_clear_error();
  if (raw == nullptr) return Error{Code::kInvalid, "the key cannot be read: it is no PEM without a password"};
  Key key(std::shared_ptr<evp_pkey_st>(raw, EVP_PKEY_free));
  std::array<char, 64> group{};
  std::size_t size = 0;
  const bool named = EVP_PKEY_get_group_name(raw, group.data(), group.size(), &size) == 1;
  if (!named || std::string_view(group.data(), size) != "prime256v1") {
    ERR_clear_error();
    return Error{Code::kInvalid, "the key is not on the curve P-256"};
  }
  return key;
}

std::string Key::pem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  ORBIT_CHECK(PEM_write_bio_PrivateKey(memory, key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  std::string text = textOf(memory);
  BIO_free(memory);
  return text;
}

std::string Key::signEs256(std::string_view bytes) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::array<unsigned char, 128> der{};
  std::size_t size = der.size();
  ORBIT_CHECK(EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
  ORBIT_CHECK(EVP_DigestSign(context, der.data(), &size, bytesOf(bytes), bytes.size()) == 1);
  EVP_MD_CTX_free(context);
  const unsigned char* at = der.data();
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
  ORBIT_CHECK(signature != nullptr);
  std::string raw(2 * kCoordinateBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, kCoordinateBytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + kCoordinateBytes, kCoordinateBytes);
  ECDSA_SIG_free(signature);
  return raw;
}

Key::Point Key::point() const {
  const auto coordinate = [this](const char* name) {
    BIGNUM* number = nullptr;
    ORBIT_CHECK(EVP_PKEY_get_bn_param(key_.get(), name, &number) == 1);
    std::string bytes(kCoordinateBytes, '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), kCoordinateBytes);
    BN_free(number);
    return bytes;
  };
  return {coordinate(OSSL_PKEY_PARAM_EC_PUB_X), coordinate(OSSL_PKEY_PARAM_EC_PUB_Y)};
}

}  // namespace orbit::cert

// DNS messages, enough for a dynamic update signed by TSIG and for asking whether it can be seen (RFC 1035, 2136,
// 8945). Names are lower case without the final dot; bytes that are no plain characters show as "\DDD". Thread rules:
// pure functions.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::cert {

enum class DnsType : std::uint16_t { kA = 1, kNs = 2, kCname = 5, kSoa = 6, kTxt = 16, kTsig = 250, kAny = 255 };
enum class DnsClass : std::uint16_t { kIn = 1, kNone = 254, kAny = 255 };

struct DnsRecord {
  std::string name;
  std::uint16_t type = 0;
  std::uint16_t dnsClass = static_cast<std::uint16_t>(DnsClass::kIn);
  std::uint32_t ttl = 0;
  std::string data;       // as on the wire
  std::string target;     // read of NS, CNAME and SOA (its first name)
  std::size_t begin = 0;  // where it begins in a message that was read

  bool is(DnsType wanted) const { return type == static_cast<std::uint16_t>(wanted); }
};

struct DnsMessage {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  struct Question {
    std::string name;
    std::uint16_t type = 0;
    std::uint16_t dnsClass = static_cast<std::uint16_t>(DnsClass::kIn);
  };
  std::vector<Question> questions;   // of an update: the zone
  std::vector<DnsRecord> answers;    // prerequisites
  std::vector<DnsRecord> authority;  // updates
  std::vector<DnsRecord> additional;

  unsigned code() const { return flags & 15U; }  // RCODE
  bool isAnswer() const { return (flags & 0x8000U) != 0; }
};

// Errors: kInvalid for a name with an empty or too long label.
Result<std::string> writeDns(const DnsMessage& message);
// Errors: kProtocol.
Result<DnsMessage> readDns(std::string_view bytes);

// TXT data of one string of at most 255 bytes, and back (strings joined; "" when malformed).
std::string txtData(std::string_view text);
std::string txtText(std::string_view data);

DnsMessage dnsQuestion(std::uint16_t id, const std::string& name, DnsType type, bool recursion);
// Adds or removes one TXT record (RFC 2136 2.5.1, 2.5.4).
DnsMessage dnsUpdate(std::uint16_t id, const std::string& zone, const std::string& name, const std::string& value,
                     bool add);
std::string_view dnsCodeName(unsigned code);  // "NOTAUTH"

struct TsigKey {
  std::string name;
  std::string algorithm;  // "hmac-sha256", "hmac-sha384", "hmac-sha512"
  std::string secret;     // bytes
};
// Errors: kInvalid.
Status checkTsigKey(const TsigKey& key);
// The message with a TSIG record; `mac` gets what the answer's will be made over.
Result<std::string> signDns(std::string bytes, const TsigKey& key, std::int64_t seconds, std::string& mac);
// Whether an answer to a request signed with `requestMac` is by the same key and of our time. Errors: kDenied, also
// with what the server says of our own signature; kProtocol.
Status verifyDns(std::string_view bytes, const TsigKey& key, std::int64_t seconds, const std::string& requestMac);

}  // namespace orbit::cert

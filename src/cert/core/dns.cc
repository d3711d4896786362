#include "cert/core/dns.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "cert/core/crypto.h"

namespace orbit::cert {
namespace {

constexpr std::size_t kLabelBytesMax = 63;  // RFC 1035 2.3.4
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kHeadBytes = 12;
constexpr int kPointersMax = 32;
constexpr std::uint32_t kProofTtl = 60;
constexpr std::uint16_t kUpdateFlags = 5 << 11;  // opcode UPDATE
constexpr std::uint16_t kRecursionFlag = 1 << 8;
constexpr std::uint16_t kFudgeSeconds = 300;  // RFC 8945 10
constexpr std::size_t kMacBytesMin = 16;

Error broken() {
  return {Code::kProtocol, "the name server's answer cannot be read"};
}

void put16(std::string& bytes, std::uint64_t number) {
  bytes += static_cast<char>(number >> 8 & 0xff);
  bytes += static_cast<char>(number & 0xff);
}
void put32(std::string& bytes, std::uint64_t number) {
  put16(bytes, number >> 16);
  put16(bytes, number);
}
void put48(std::string& bytes, std::uint64_t number) {
  put16(bytes, number >> 32);
  put32(bytes, number);
}

Status putName(std::string& bytes, const std::string& name) {
  std::string wire;
  if (!name.empty()) {
    for (const std::string_view label : split(name, '.')) {
      const bool plain = label.find('\\') == std::string_view::npos;
      if (label.empty() || label.size() > kLabelBytesMax || !plain) {
        return Error{Code::kInvalid, name + " is no name that DNS can hold"};
      }
      wire += static_cast<char>(label.size());
      wire += lower(label);
    }
  }
  wire += '\0';
  if (wire.size() > kNameBytesMax) return Error{Code::kInvalid, name + " is longer than DNS allows"};
  bytes += wire;
  return {};
}

Status putRecord(std::string& bytes, const DnsRecord& record) {
  ORBIT_TRY_STATUS(putName(bytes, record.name));
  put16(bytes, record.type);
  put16(bytes, record.dnsClass);
  put32(bytes, record.ttl);
  put16(bytes, record.data.size());
  bytes += record.data;
  return {};
}

// Reads a message from left to right; past the end everything is 0 and `failed` is set.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }
  std::size_t at() const { return at_; }

  std::uint64_t number(std::size_t count) {
    std::uint64_t value = 0;
    for (const char c : take(count)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::uint16_t two() { return static_cast<std::uint16_t>(number(2)); }

  std::string_view take(std::size_t count) {
    if (failed_ || count > bytes_.size() - at_) {
      failed_ = true;
      return {};
    }
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  // With compression (RFC 1035 4.1.4); pointers lead backwards only.
  std::string name() {
    std::string text;
    std::size_t from = at_;
    std::size_t size = 0;
    bool jumped = false;
    for (int pointers = 0; !failed_;) {
      if (from >= bytes_.size()) break;
      const auto length = static_cast<unsigned char>(bytes_[from]);
      if (length >= 0xc0) {
        if (from + 1 >= bytes_.size()) break;
        const std::size_t to = (length & 0x3fU) << 8 | static_cast<unsigned char>(bytes_[from + 1]);
        if (!jumped) at_ = from + 2;
        jumped = true;
        if (to >= from || ++pointers > kPointersMax) break;
        from = to;
        continue;
      }
      size += length + 1U;
      if (length > kLabelBytesMax || size > kNameBytesMax || from + 1 + length > bytes_.size()) break;
      if (length == 0) {
        if (!jumped) at_ = from + 1;
        return text;
      }
      if (!text.empty()) text += '.';
      for (const char c : bytes_.substr(from + 1, length)) append(text, c);
      from += 1U + length;
    }
    failed_ = true;
    return {};
  }

 private:
  static void append(std::string& text, char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '.' && c != '\\') {
      text += lower(std::string_view(&c, 1));
      return;
    }
    text += '\\';
    text += static_cast<char>('0' + byte / 100);
    text += static_cast<char>('0' + byte / 10 % 10);
    text += static_cast<char>('0' + byte % 10);
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

DnsRecord readRecord(Reader& reader, std::string_view whole) {
  DnsRecord record;
  record.begin = reader.at();
  record.name = reader.name();
  record.type = reader.two();
  record.dnsClass = reader.two();
  record.ttl = static_cast<std::uint32_t>(reader.number(4));
  const std::uint16_t size = reader.two();
  const std::size_t begin = reader.at();
  record.data = reader.take(size);
  if (reader.failed()) return record;
  if (record.is(DnsType::kNs) || record.is(DnsType::kCname) || record.is(DnsType::kSoa)) {
    // The name may point to before the data, so it is read within the whole.
    Reader inside(whole.substr(0, begin + size));
    inside.take(begin);
    record.target = inside.name();
  }
  return record;
}

const char* digestOf(const std::string& algorithm) {
  if (algorithm == "hmac-sha256") return "SHA256";
  if (algorithm == "hmac-sha384") return "SHA384";
  return algorithm == "hmac-sha512" ? "SHA512" : nullptr;
}

// What of the TSIG record goes into the MAC (RFC 8945 4.3.3).
Result<std::string> tsigVariables(const TsigKey& key, std::uint64_t seconds, std::uint64_t fudge, std::uint64_t error,
                                  std::string_view other) {
  std::string bytes;
  ORBIT_TRY_STATUS(putName(bytes, key.name));
  put16(bytes, static_cast<std::uint16_t>(DnsClass::kAny));
  put32(bytes, 0);
  ORBIT_TRY_STATUS(putName(bytes, key.algorithm));
  put48(bytes, seconds);
  put16(bytes, fudge);
  put16(bytes, error);
  put16(bytes, other.size());
  bytes += other;
  return bytes;
}

void setAdditionalCount(std::string& bytes, unsigned by) {
  ORBIT_CHECK(bytes.size() >= kHeadBytes);
  const unsigned count =
      static_cast<unsigned>(static_cast<unsigned char>(bytes[10])) << 8U | static_cast<unsigned char>(bytes[11]);
  std::string changed;
  put16(changed, count + by);
  bytes.replace(10, 2, changed);
}

}  // namespace

Result<std::string> writeDns(const DnsMessage& message) {
  std::string bytes;
  put16(bytes, message.id);
  put16(bytes, message.flags);
  put16(bytes, message.questions.size());
  for (const auto* part : {&message.answers, &message.authority, &message.additional}) put16(bytes, part->size());
  for (const auto& question : message.questions) {
    ORBIT_TRY_STATUS(putName(bytes, question.name));
    put16(bytes, question.type);
    put16(bytes, question.dnsClass);
  }
  for (const auto* part : {&message.answers, &message.authority, &message.additional}) {
    for (const DnsRecord& record : *part) {
      ORBIT_TRY_STATUS(putRecord(bytes, record));
    }
  }
  return bytes;
}

Result<DnsMessage> readDns(std::string_view bytes) {
  Reader reader(bytes);
  DnsMessage message;
  message.id = reader.two();
  message.flags = reader.two();
  std::array<std::uint16_t, 4> counts{};
  for (std::uint16_t& count : counts) count = reader.two();
  for (unsigned i = 0; i < counts[0] && !reader.failed(); ++i) {
    DnsMessage::Question question;
    question.name = reader.name();
    question.type = reader.two();
    question.dnsClass = reader.two();
    message.questions.push_back(std::move(question));
  }
  const std::array<std::vector<DnsRecord>*, 3> parts{&message.answers, &message.authority, &message.additional};
  for (std::size_t part = 0; part < parts.size(); ++part) {
    for (unsigned i = 0; i < counts[part + 1] && !reader.failed(); ++i) {
      parts[part]->push_back(readRecord(reader, bytes));
    }
  }
  if (reader.failed() || reader.at() != bytes.size()) return broken();
  return message;
}

std::string txtData(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

std::string txtText(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    const std::size_t size = static_cast<unsigned char>(data.front());
    if (size + 1 > data.size()) return "";
    text += data.substr(1, size);
    data.remove_prefix(size + 1);
  }
  return text;
}

DnsMessage dnsQuestion(std::uint16_t id, const std::string& name, DnsType type, bool recursion) {
  DnsMessage message;
  message.id = id;
  message.flags = recursion ? kRecursionFlag : std::uint16_t{0};
  message.questions.push_back({name, static_cast<std::uint16_t>(type)});
  return message;
}

DnsMessage dnsUpdate(std::uint16_t id, const std::string& zone, const std::string& name, const std::string& value,
                     bool add) {
  DnsMessage message;
  message.id = id;
  message.flags = kUpdateFlags;
  message.questions.push_back({zone, static_cast<std::uint16_t>(DnsType::kSoa)});
  DnsRecord record;
  record.name = name;
  record.type = static_cast<std::uint16_t>(DnsType::kTxt);
  record.ttl = add ? kProofTtl : 0;
  if (!add) record.dnsClass = static_cast<std::uint16_t>(DnsClass::kNone);
  record.data = txtData(value);
  message.authority.push_back(std::move(record));
  return message;
}

std::string_view dnsCodeName(unsigned code) {
  constexpr std::array<std::string_view, 11> kNames{"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                                                    "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};
  return code < kNames.size() ? kNames[code] : "an unknown code";
}

Status checkTsigKey(const TsigKey& key) {
  std::string name;
  ORBIT_TRY_STATUS(putName(name, key.name));
  if (key.name.empty()) return Error{Code::kInvalid, "the TSIG key has no name"};
  if (digestOf(key.algorithm) == nullptr) {
    return Error{Code::kInvalid, "the TSIG algorithm " + key.algorithm + " is not known",
                 "use hmac-sha256, hmac-sha384 or hmac-sha512"};
  }
  if (key.secret.empty()) return Error{Code::kInvalid, "the TSIG secret is empty"};
  return {};
}

Result<std::string> signDns(std::string bytes, const TsigKey& key, std::int64_t seconds, std::string& mac) {
  ORBIT_TRY_STATUS(checkTsigKey(key));
  const auto time = static_cast<std::uint64_t>(seconds);
  ORBIT_TRY(const std::string variables, tsigVariables(key, time, kFudgeSeconds, 0, ""));
  mac = hmac(digestOf(key.algorithm), key.secret, bytes + variables);
  DnsRecord record;
  record.name = key.name;
  record.type = static_cast<std::uint16_t>(DnsType::kTsig);
  record.dnsClass = static_cast<std::uint16_t>(DnsClass::kAny);
  ORBIT_TRY_STATUS(putName(record.data, key.algorithm));
  put48(record.data, time);
  put16(record.data, kFudgeSeconds);
  put16(record.data, mac.size());
  record.data += mac;
  record.data += bytes.substr(0, 2);  // the original id
  put16(record.data, 0);
  put16(record.data, 0);
  ORBIT_TRY_STATUS(putRecord(bytes, record));
  setAdditionalCount(bytes, 1);
  return bytes;
}

Status verifyDns(std::string_view bytes, const TsigKey& key, std::int64_t seconds, const std::string& requestMac) {
  ORBIT_TRY(const DnsMessage message, readDns(bytes));
  if (message.additional.empty() || !message.additional.back().is(DnsType::kTsig)) {
    return Error{Code::kDenied, "the name server did not sign its answer (" + std::string(dnsCodeName(message.code())) +
                                    "): does it know the TSIG key " + key.name + "?"};
  }
  const DnsRecord& record = message.additional.back();
  Reader reader(record.data);
  const std::string algorithm = reader.name();
  const std::uint64_t time = reader.number(6);
  const std::uint64_t fudge = reader.number(2);
  const std::string_view mac = reader.take(reader.two());
  const std::string_view id = reader.take(2);
  const std::uint64_t error = reader.number(2);
  const std::string_view other = reader.take(reader.two());
  if (reader.failed() || reader.at() != record.data.size()) return broken();
  // RFC 8945 5.2: those of BADSIG and BADKEY are not signed.
  if (error == 16) return Error{Code::kDenied, "the name server finds our TSIG signature wrong: check the secret"};
  if (error == 17) return Error{Code::kDenied, "the name server does not know the TSIG key " + key.name};
  std::string stripped(bytes.substr(0, record.begin));
  setAdditionalCount(stripped, 0xffff);  // one less
  stripped.replace(0, 2, id);
  ORBIT_TRY(const std::string variables, tsigVariables(key, time, fudge, error, other));
  std::string over;
  put16(over, requestMac.size());
  over += requestMac + stripped + variables;
  const bool known = digestOf(key.algorithm) != nullptr && algorithm == key.algorithm && record.name == lower(key.name);
  if (!known || mac.size() < kMacBytesMin ||
      !equalInConstantTime(mac, hmac(digestOf(key.algorithm), key.secret, over))) {
    return Error{Code::kDenied, "the name server's answer is not signed with the TSIG key " + key.name};
  }
  if (error == 18) return Error{Code::kDenied, "the name server's clock and ours differ by more than five minutes"};
  const auto now = static_cast<std::uint64_t>(seconds);
  if (std::max(now, time) - std::min(now, time) > fudge) {
    return Error{Code::kDenied, "the name server's answer is not of this time"};
  }
  return {};
}

}  // namespace orbit::cert

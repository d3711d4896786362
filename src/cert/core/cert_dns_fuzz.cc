// A name server's answers: never past the end, never accepted without the key.
#include "cert/core/dns.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit::cert;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static const TsigKey key{"orbit", "hmac-sha256", "a secret that the fuzzer cannot guess"};
  ORBIT_CHECK(!verifyDns(bytes, key, 1'800'000'000, std::string(32, 'm')).ok());
  const auto message = readDns(bytes);
  if (!message.ok()) return 0;
  std::size_t last = 0;
  for (const auto* part : {&message->answers, &message->authority, &message->additional}) {
    for (const DnsRecord& record : *part) {
      ORBIT_CHECK(record.begin >= last && record.begin + record.data.size() <= size);
      last = record.begin;
      static_cast<void>(txtText(record.data));
    }
  }
  // What can be written reads the same.
  const auto again = writeDns(*message);
  if (again.ok()) ORBIT_CHECK(readDns(*again).ok());
  return 0;
}

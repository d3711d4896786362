#include "cert/core/dns.h"

#include <gtest/gtest.h>

#include "cert/core/crypto.h"

namespace orbit::cert {
namespace {

std::string unhex(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

const TsigKey kKey{"orbit", "hmac-sha256", "0123456789abcdef0123456789abcdef"};

TEST(Dns, AQuestionOnTheWire) {
  const auto bytes = writeDns(dnsQuestion(0x1234, "Example.test", DnsType::kSoa, true));
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(hex(*bytes),
            "123401000001000000000000"
            "076578616d706c650474657374"
            "00"
            "0006"
            "0001");
}

TEST(Dns, AnUpdateOnTheWire) {  // RFC 2136 2
  const auto bytes = writeDns(dnsUpdate(1, "a.test", "x.a.test", "v", true));
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(hex(*bytes),
            "0001"
            "2800"
            "0001"
            "0000"
            "0001"
            "0000"
            "0161047465737400"
            "0006"
            "0001"
            "01780161047465737400"
            "0010"
            "0001"
            "0000003c"
            "0002"
            "0176");
  const auto removal = readDns(*writeDns(dnsUpdate(1, "a.test", "x.a.test", "v", false)));
  ASSERT_TRUE(removal.ok());
  EXPECT_EQ(removal->authority[0].dnsClass, 254);
  EXPECT_EQ(removal->authority[0].ttl, 0u);
}

TEST(Dns, NamesThatCannotBe) {
  for (const std::string& name :
       {std::string("a..b"), std::string(".a"), std::string(64, 'a') + ".test", std::string("a\\b.test")}) {
    EXPECT_FALSE(writeDns(dnsQuestion(1, name, DnsType::kTxt, false)).ok()) << name;
  }
  std::string longName = "a";
  for (int i = 0; i < 130; ++i) longName += ".b";
  EXPECT_FALSE(writeDns(dnsQuestion(1, longName, DnsType::kTxt, false)).ok());
}

TEST(Dns, ReadsCompressedAnswers) {
  // Question www.a.test TXT; answer: pointer to it, CNAME to "y" + pointer to a.test; authority: SOA of a.test.
  const std::string bytes = unhex(
      "0001"
      "8580"
      "0001"
      "0001"
      "0001"
      "0000"
      "03777777"
      "0161"
      "047465737400"
      "0010"
      "0001"
      "c00c"
      "0005"
      "0001"
      "00000005"
      "0004"
      "0179c010"
      "c010"
      "0006"
      "0001"
      "00000005"
      "001a"
      "026e73c010"
      "c010"
      "00000001"
      "00000002"
      "00000003"
      "00000004"
      "00000005");
  std::string sized = bytes;
  const auto message = readDns(sized);
  ASSERT_FALSE(message.ok());  // the SOA's length is wrong by one
  sized.replace(sized.find(unhex("001a026e73")), 2, unhex("001b"));
  const auto good = readDns(sized);
  ASSERT_TRUE(good.ok());
  EXPECT_TRUE(good->isAnswer());
  EXPECT_EQ(good->questions[0].name, "www.a.test");
  EXPECT_EQ(good->answers[0].name, "www.a.test");
  EXPECT_EQ(good->answers[0].target, "y.a.test");
  EXPECT_EQ(good->authority[0].name, "a.test");
  EXPECT_EQ(good->authority[0].target, "ns.a.test");
}

TEST(Dns, NeverLoopsOrReadsPastTheEnd) {
  EXPECT_FALSE(readDns(unhex("0001000000010000000000"
                             "00c00c00100001"))
                   .ok());  // a pointer to itself
  const std::string whole = *writeDns(dnsUpdate(1, "a.test", "x.a.test", "value", true));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(readDns(whole.substr(0, size)).ok());
  EXPECT_FALSE(readDns(whole + "x").ok());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bent = whole;
    bent[i] = '\xff';
    static_cast<void>(readDns(bent));
  }
}

TEST(Dns, Txt) {
  EXPECT_EQ(txtText(txtData("hello")), "hello");
  EXPECT_EQ(txtText(txtData("a") + txtData("b")), "ab");
  EXPECT_EQ(txtText("\x05"
                    "ab"),
            "");
}

// The MAC by a second implementation: Python's hmac over the bytes RFC 8945 4.3.3 lists.
TEST(Tsig, Vector) {
  const std::string plain = *writeDns(dnsUpdate(0x4242, "a.test", "x.a.test", "v", true));
  std::string mac;
  const auto wire = signDns(plain, kKey, 1'800'000'000, mac);
  ASSERT_TRUE(wire.ok());
  EXPECT_EQ(hex(mac), "159aa9724fde6ece6bad45fda37e46a77f62d306e5d65f983c3ae091cf9d6d24");
  const auto message = readDns(*wire);
  ASSERT_TRUE(message.ok());
  ASSERT_EQ(message->additional.size(), 1u);
  EXPECT_EQ(message->additional[0].name, "orbit");
  EXPECT_EQ(hex(message->additional[0].data),
            "0b686d61632d73686132353600"
            "00006b49d200"
            "012c"
            "0020" +
                hex(mac) +
                "4242"
                "0000"
                "0000");
}

// An answer signed as a server does it: the request's MAC goes first (RFC 8945 5.3).
std::string signedAnswer(const std::string& requestMac, std::int64_t seconds, const std::string& secret) {
  DnsMessage answer;
  answer.id = 0x4242;
  answer.flags = 0xa800;
  std::string bytes = *writeDns(answer);
  std::string time;
  for (int shift = 40; shift >= 0; shift -= 8) time += static_cast<char>(seconds >> shift & 0xff);
  const std::string algorithm = unhex("0b686d61632d73686132353600");
  const std::string variables = unhex(
                                    "056f7262697400"
                                    "00ff"
                                    "00000000") +
                                algorithm + time +
                                unhex(
                                    "012c"
                                    "0000"
                                    "0000");
  const std::string over = std::string("\x00\x20", 2) + requestMac + bytes + variables;
  DnsRecord record;
  record.name = "orbit";
  record.type = 250;
  record.dnsClass = 255;
  record.data = algorithm + time +
                unhex(
                    "012c"
                    "0020") +
                hmac("SHA256", secret, over) +
                unhex(
                    "4242"
                    "0000"
                    "0000");
  answer.additional.push_back(record);
  return *writeDns(answer);
}

TEST(Tsig, AnswersAreVerified) {
  const std::string mac(32, 'm');
  const std::string answer = signedAnswer(mac, 1'800'000'000, kKey.secret);
  EXPECT_TRUE(verifyDns(answer, kKey, 1'800'000'100, mac).ok());
  EXPECT_FALSE(verifyDns(answer, kKey, 1'800'000'400, mac).ok());                   // too old
  EXPECT_FALSE(verifyDns(answer, kKey, 1'800'000'000, std::string(32, 'n')).ok());  // of another request
  EXPECT_FALSE(verifyDns(signedAnswer(mac, 1'800'000'000, "other"), kKey, 1'800'000'000, mac).ok());
  std::string bent = answer;
  bent[3] = '\x05';  // REFUSED instead of NOERROR
  EXPECT_FALSE(verifyDns(bent, kKey, 1'800'000'000, mac).ok());
  DnsMessage bare;
  bare.flags = 0x8009;
  const auto unsignedAnswer = verifyDns(*writeDns(bare), kKey, 1'800'000'000, mac);
  ASSERT_FALSE(unsignedAnswer.ok());
  EXPECT_NE(unsignedAnswer.error().message.find("NOTAUTH"), std::string::npos);
}

TEST(Tsig, KeysThatCannotBe) {
  EXPECT_TRUE(checkTsigKey(kKey).ok());
  EXPECT_FALSE(checkTsigKey({"orbit", "hmac-md5", "secret"}).ok());
  EXPECT_FALSE(checkTsigKey({"", "hmac-sha256", "secret"}).ok());
  const auto empty = checkTsigKey({"orbit", "hmac-sha256", ""});
  ASSERT_FALSE(empty.ok());
}

}  // namespace
}  // namespace orbit::cert

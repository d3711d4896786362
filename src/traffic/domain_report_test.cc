#include "traffic/domain_report.h"

#include <gtest/gtest.h>

#include "traffic/dns.h"

namespace orbit::traffic {
namespace {

Surroundings here() {
  Surroundings made;
  made.addresses = {"10.0.0.5", "198.18.0.7", "2a00:1450::7"};
  made.authority.directory = "https://acme-v02.api.letsencrypt.org/directory";
  made.listeners = {{"http/0.0.0.0:80", "0.0.0.0:80", false}, {"https/0.0.0.0:443", "0.0.0.0:443", true}};
  return made;
}

std::string problems(const DnsAnswer& answer, const std::string& host = "shop.example.com",
                     const Surroundings& around = here()) {
  model::Domain domain;
  domain.host = host;
  return join(judge(domain, answer, around).problems, "\n");
}

DnsAnswer arrived() {
  DnsAnswer answer;
  answer.a = {"198.18.0.7"};
  answer.aaaa = {"2a00:1450::7"};
  return answer;
}

TEST(DomainReport, RecordsThatPointHereAreRight) {
  EXPECT_EQ(problems(arrived()), "");
  model::Domain domain;
  const auto report = judge(domain, arrived(), here());
  EXPECT_EQ(report.records, (std::vector<std::string>{"A 198.18.0.7", "AAAA 2a00:1450::7"}));
  EXPECT_EQ(report.found, (std::vector<std::string>{"A 198.18.0.7", "AAAA 2a00:1450::7"}));
}

TEST(DomainReport, NothingThereYetSaysWhatToSet) {
  EXPECT_EQ(problems({}), "no A or AAAA record has arrived yet; set A 198.18.0.7, AAAA 2a00:1450::7");
}

TEST(DomainReport, RecordsOfAnotherMachine) {
  DnsAnswer answer = arrived();
  answer.a = {"198.18.0.9"};
  EXPECT_NE(problems(answer).find("A record 198.18.0.9 is not this machine"), std::string::npos);
  answer = arrived();
  answer.aaaa = {"2a00:1450::9"};
  EXPECT_NE(problems(answer).find("AAAA record 2a00:1450::9"), std::string::npos);
  Surroundings v4 = here();
  v4.addresses = {"198.18.0.7"};
  EXPECT_NE(problems(arrived(), "a.example", v4).find("remove it"), std::string::npos);
}

TEST(DomainReport, BehindARouterTheAddressIsNotJudged) {
  Surroundings home = here();
  home.addresses = {"192.168.1.5"};
  DnsAnswer answer;
  answer.a = {"198.18.0.9"};
  EXPECT_EQ(problems(answer, "a.example", home), "");
  EXPECT_NE(problems({}, "a.example", home).find("router"), std::string::npos);
}

TEST(DomainReport, CaaSaysWhoMaySign) {
  DnsAnswer answer = arrived();
  answer.caa = {"issue letsencrypt.org", "iodef mailto:a@example.com"};
  EXPECT_EQ(problems(answer), "");
  answer.caa = {"issue digicert.com"};
  EXPECT_NE(problems(answer).find("CAA 0 issue \"letsencrypt.org\""), std::string::npos);
  answer.caa = {"issue letsencrypt.org; validationmethods=dns-01", "issuewild ;"};
  EXPECT_EQ(problems(answer), "");
  EXPECT_NE(problems(answer, "*.example.com").find("issuewild"), std::string::npos);
  answer.caa = {"iodef mailto:a@example.com"};
  EXPECT_EQ(problems(answer), "");
}

TEST(DomainReport, OtherPortsThanTheWorldsAreTold) {
  Surroundings other = here();
  other.listeners = {{"http/0.0.0.0:8080", "0.0.0.0:8080", false}, {"https/0.0.0.0:8443", "0.0.0.0:8443", true}};
  EXPECT_NE(problems(arrived(), "a.example", other).find("8443"), std::string::npos);
}

TEST(DomainReport, PublicAddresses) {
  for (const char* address : {"198.18.0.7", "8.8.8.8", "2a00::1"}) EXPECT_TRUE(isPublic(address)) << address;
  for (const char* address : {"10.1.2.3", "172.16.0.1", "172.31.9.9", "192.168.0.1", "100.64.0.1", "127.0.0.1",
                              "169.254.1.1", "fd00::1", "fe80::1", "::1", "2001:db8::1", "203.0.113.9", "x"}) {
    EXPECT_FALSE(isPublic(address)) << address;
  }
}

TEST(DomainReport, CertificatesComeFromTheEdge) {
  std::vector<DomainReport> reports(1);
  reports[0].domain.host = "shop.example.com";
  addCertificates(reports, R"({"certificates":[{"hosts":["shop.example.com"],"state":"failed","notAfterUs":7,
                              "nextTryUs":9,"problem":"refused"}]})");
  EXPECT_EQ(reports[0].certificate, "failed");
  EXPECT_EQ(reports[0].notAfterUs, 7);
  EXPECT_EQ(reports[0].nextTryUs, 9);
  EXPECT_EQ(reports[0].certificateProblem, "refused");
}

// One question, four answers: CNAME, A, AAAA, CAA (RFC 1035 4.1, RFC 8659 4.1).
TEST(Dns, ReadsAReply) {
  std::string reply("\x12\x34\x81\x80\0\1\0\4\0\0\0\0", 12);
  const std::string name("\1a\7example\0", 11);
  reply += name + std::string("\0\1\0\1", 4);
  const auto add = [&](int type, const std::string& data) {
    reply += std::string("\xc0\x0c", 2);
    for (const int word : {type, 1, 0, 60, static_cast<int>(data.size())}) {
      reply += static_cast<char>(word >> 8);
      reply += static_cast<char>(word & 255);
    }
    reply += data;
  };
  add(5, std::string("\1b\xc0\x0e", 4));
  add(1, std::string("\xc6\x12\0\7", 4));
  add(28, std::string("\x2a\0", 2) + std::string(13, '\0') + "\1");
  add(257, std::string("\0\5", 2) + "issueletsencrypt.org");
  DnsAnswer answer;
  const auto* bytes = reinterpret_cast<const unsigned char*>(reply.data());
  ASSERT_TRUE(readReply({bytes, reply.size()}, answer));
  EXPECT_EQ(answer.cname, std::vector<std::string>{"b.example"});
  EXPECT_EQ(answer.a, std::vector<std::string>{"198.18.0.7"});
  EXPECT_EQ(answer.aaaa, std::vector<std::string>{"2a00::1"});
  EXPECT_EQ(answer.caa, std::vector<std::string>{"issue letsencrypt.org"});
  for (std::size_t cut = 0; cut < reply.size(); ++cut) {
    DnsAnswer partial;
    EXPECT_FALSE(readReply({bytes, cut}, partial) && cut < 12) << cut;
  }
}

}  // namespace
}  // namespace orbit::traffic

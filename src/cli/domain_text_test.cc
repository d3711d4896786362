#include "cli/domain_text.h"

#include <gtest/gtest.h>

#include "base/base.h"
#include "support/golden.h"

namespace orbit::cli {
namespace {

constexpr std::int64_t kNowUs = 1'800'000'000'000'000;

// Input: the answer of GET /v1/domains. Output: `list`, then `check`, then `list --json`.
TEST(Domains, TableReportAndJson) {
  support::runGolden("cli/domains", [](const std::string& input) {
    const auto body = format::parseJson(input);
    EXPECT_TRUE(body.ok());
    const auto& domains = (*body)["domains"];
    std::string text = domainsTable(domains, kNowUs);
    for (const auto& domain : domains.items()) text += "\n" + domainReport(domain, kNowUs, {});
    return text + "\n" + domainsJson(domains);
  });
}

TEST(Domains, WhoSigns) {
  const auto authority = format::parseJson(
      R"({"directory": "https://acme.example/d", "challenge": "dns-01", "dnsHook": ["/bin/dns", "-v"]})");
  EXPECT_EQ(authorityReport(*authority),
            "directory   https://acme.example/d\nchallenge   dns-01\nhook        /bin/dns -v\n");
}

}  // namespace
}  // namespace orbit::cli

#include "cli/domain_text.h"

#include "base/base.h"
#include "cli/listing.h"

namespace orbit::cli {
namespace {

using format::Json;

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

std::string in(std::int64_t atUs, std::int64_t nowUs) {
  if (atUs <= nowUs) return "now";
  return "in " + lower(roundedSpan((atUs - nowUs) / kMicrosecondsPerSecond));
}

std::string targetOf(const Json& domain) {
  return domain["service"].asString() + " of " + domain["project"].asString() + " (" +
         domain["environment"].asString() + ")";
}

std::string recordsWord(const Json& domain) {
  if (domain["found"].items().empty()) return "waiting";
  return domain["problems"].items().empty() ? "right" : "wrong";
}

std::string certificateWord(const Json& certificate, std::int64_t nowUs) {
  const std::string& state = certificate["state"].asString();
  if (state.empty()) return "none yet";
  if (state == "valid" || state == "renewing") {
    return state + ", ends " + in(certificate["notAfterUs"].asInt(), nowUs);
  }
  return state;
}

std::string certificateLine(const Json& certificate, std::int64_t nowUs) {
  std::string line = certificateWord(certificate, nowUs);
  const std::int64_t next = certificate["nextTryUs"].asInt();
  if (next > 0) line += (certificate["state"].asString() == "valid" ? "; renewed " : "; next try ") + in(next, nowUs);
  return line;
}

}  // namespace

std::string domainsTable(const Json& domains, std::int64_t nowUs) {
  std::vector<std::vector<std::string>> table = {{"DOMAIN", "SERVICE", "RECORDS", "CERTIFICATE"}};
  for (const auto& domain : domains.items()) {
    table.push_back({domain["host"].asString(), targetOf(domain), recordsWord(domain),
                     certificateWord(domain["certificate"], nowUs)});
  }
  return columnsText(table);
}

std::string domainReport(const Json& domain, std::int64_t nowUs, const Style& style) {
  const Json& certificate = domain["certificate"];
  std::string out = style.paint(Color::kBold, domain["host"].asString()) + "  " + targetOf(domain) + "\n";
  for (const auto& record : domain["records"].asStrings()) {
    out += "  set          " + domain["host"].asString() + "  " + record + "\n";
  }
  if (!domain["records"].items().empty()) {
    out += "  or           a CNAME to a name that has these records\n";
  }
  for (const auto& record : domain["found"].asStrings()) out += "  found        " + record + "\n";
  for (const auto& problem : domain["problems"].asStrings()) {
    out += "  " + style.paint(Color::kRed, "wrong") + "        " + problem + "\n";
  }
  out += "  certificate  " + certificateLine(certificate, nowUs) + "\n";
  if (!certificate["problem"].asString().empty()) {
    out += "  " + style.paint(Color::kRed, "problem") + "      " + certificate["problem"].asString() + "\n";
  }
  return out;
}

std::string domainsJson(const Json& domains) {
  std::string out;
  for (const auto& domain : domains.items()) out += domain.dump() + "\n";
  return out;
}

std::string authorityReport(const Json& authority) {
  constexpr std::pair<const char*, const char*> kRows[] = {
      {"directory", "directory"}, {"email", "email"},       {"ca", "trusted by"},           {"challenge", "challenge"},
      {"dnsServer", "server"},    {"tsigName", "TSIG key"}, {"tsigSecretFile", "TSIG file"}};
  std::vector<std::vector<std::string>> table;
  for (const auto& [key, title] : kRows) {
    if (!authority[key].asString().empty()) table.push_back({title, authority[key].asString()});
  }
  const auto hook = authority["dnsHook"].asStrings();
  if (!hook.empty()) table.push_back({"hook", join(hook, " ")});
  return columnsText(table);
}

}  // namespace orbit::cli

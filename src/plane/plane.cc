#include "plane/plane.h"

#include <malloc.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cstdio>

#include "net/net.h"
#include "plane/files.h"
#include "plane/limits.h"
#include "plane/process.h"

namespace orbit::plane {
namespace {

constexpr int kFailed = 1;

void say(const Error& error) {
  std::fprintf(stderr, "%s%s%s\n", error.at.known() ? (error.at.text() + ": ").c_str() : "", error.message.c_str(),
               error.hint.empty() ? "" : ("\n  " + error.hint).c_str());
}

// The files a certificate is to be served from.
Status checkCertificate(const model::TableCertificate& certificate) {
  if (certificate.certificateFile.empty()) return {};
  ORBIT_TRY(const std::string chain, readFile(certificate.certificateFile, kPemBytesMax));
  ORBIT_TRY(const std::string key, readFile(certificate.keyFile, kPemBytesMax));
  ORBIT_TRY(const auto parsed, net::TlsCertificate::parse(chain, key, certificate.certificateFile));
  return {};
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

int serve(const Options& options) {
  ::mallopt(M_TRIM_THRESHOLD, 256 * 1024);
  ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  Process process(options);
  if (const Status started = process.start(); !started.ok()) {
    log(Level::kError, "edge", started.error().text());
    return kFailed;
  }
  process.loop().runTask(process.run());
  return 0;
}

int check(const std::string& tableFile) {
  const auto text = readFile(tableFile, kTableBytesMax);
  if (!text.ok()) {
    say(text.error());
    return kFailed;
  }
  Proposal proposal = wholeTable(*text, tableFile);
  if (proposal.problems.empty()) {
    for (const auto& certificate : proposal.table.certificates) {
      if (const Status good = checkCertificate(certificate); !good.ok()) proposal.problems.push_back(good.error());
    }
  }
  for (const Error& problem : proposal.problems) say(problem);
  if (!proposal.problems.empty()) return kFailed;
  const model::RouteTable& table = proposal.table;
  std::printf("%s is good: %s, %s, %s, %s\n", tableFile.c_str(),
              counted(table.listeners.size(), "listener", "listeners").c_str(),
              counted(table.routes.size(), "route", "routes").c_str(),
              counted(table.services.size(), "service", "services").c_str(),
              counted(table.certificates.size(), "certificate", "certificates").c_str());
  return 0;
}

}  // namespace orbit::plane

#include "cert/entry.h"

#include <algorithm>

namespace orbit::cert {
namespace {

constexpr std::int64_t kDayUs = 86'400LL * 1'000'000;
constexpr std::int64_t kWarnBeforeUs = 14 * kDayUs;

std::int64_t microseconds(Duration span) {
  return std::chrono::duration_cast<std::chrono::microseconds>(span).count();
}

}  // namespace

std::string Entry::name() const {
  if (want.hosts.empty()) return want.certificateFile;
  std::string text = want.hosts.front();
  if (want.hosts.size() > 1) text += " and " + std::to_string(want.hosts.size() - 1) + " more";
  return text;
}

bool Entry::due(std::int64_t wallUs) const {
  if (files) return false;
  if (current == nullptr || reissue) return true;
  if (directory != wantedDirectory) return true;
  // Of the future: only our own authority would date it otherwise; an ACME server knows the time better than we do.
  if (directory.empty() && current->notBeforeUs() > wallUs) return true;
  return wallUs >= renewAtUs(current->notBeforeUs(), current->notAfterUs(), want.hosts.front());
}

CertificateState Entry::state(std::int64_t wallUs, Instant now) const {
  using Kind = CertificateState::Kind;
  CertificateState state;
  state.hosts = want.hosts;
  state.authority = authority();
  state.problem = problem;
  state.failures = failures;
  if (files && !files->problem().empty()) state.problem = files->problem();
  if (failures > 0) state.nextTryUs = wallUs + std::max<std::int64_t>(microseconds(nextTry - now), 0);
  if (current == nullptr) {
    state.kind = state.problem.empty() ? Kind::kWaiting : Kind::kFailed;
    return state;
  }
  if (state.hosts.empty()) state.hosts = current->hosts();
  state.notAfterUs = current->notAfterUs();
  state.fingerprint = current->fingerprint();
  state.kind = due(wallUs) ? Kind::kRenewing : Kind::kValid;
  if (files && !files->problem().empty()) state.kind = Kind::kFailed;
  const std::int64_t left = state.notAfterUs - wallUs;
  if (files && state.problem.empty() && left < kWarnBeforeUs) {
    state.problem = "it ends on " + wallText(state.notAfterUs) + ": put a new one in its file";
  }
  if (left <= 0) {
    state.kind = Kind::kExpired;
    if (state.problem.empty()) state.problem = "it ended on " + wallText(state.notAfterUs) + " and is being renewed";
  } else if (state.problem.empty() && current->notBeforeUs() > wallUs) {
    state.problem = "it begins on " + wallText(current->notBeforeUs()) + ": is this machine's clock right?";
  }
  return state;
}

std::string identityOf(const model::TableCertificate& want) {
  std::vector<std::string> hosts = want.hosts;
  std::sort(hosts.begin(), hosts.end());
  return want.certificateFile + "\n" + want.keyFile + "\n" + want.authority + "\n" + join(hosts, "\n");
}

}  // namespace orbit::cert

#include "cert/own_files.h"

#include <algorithm>

#include "cert/core/limits.h"

namespace orbit::cert {

bool covers(const std::string& name, const std::string& host) {
  if (name == host) return true;
  if (!startsWith(name, "*.")) return false;
  const std::size_t dot = host.find('.');
  return dot != std::string::npos && dot > 0 && host.compare(dot, std::string::npos, name, 1, std::string::npos) == 0;
}

bool covers(const net::TlsCertificate& certificate, const std::string& host) {
  const auto& names = certificate.hosts();
  return std::any_of(names.begin(), names.end(), [&host](const std::string& name) { return covers(name, host); });
}

bool OwnFiles::refresh() {
  const Stamp certificateStamp = stampOf(certificateFile_);
  const Stamp keyStamp = stampOf(keyFile_);
  if (looked_ && certificateStamp == certificateStamp_ && keyStamp == keyStamp_) return false;
  looked_ = true;
  certificateStamp_ = certificateStamp;
  keyStamp_ = keyStamp;
  problem_.clear();
  auto found = read();
  if (!found.ok()) {
    problem_ = found.error().text();
    if (certificate_ != nullptr) problem_ += "; the one from before goes on serving";
    log(Level::kError, "cert", problem_);
    return true;
  }
  const bool changed = certificate_ != nullptr && certificate_->fingerprint() != (*found)->fingerprint();
  for (const std::string& host : hosts_) {
    if (covers(**found, host)) continue;
    problem_ = "the certificate in " + certificateFile_ + " is not for " + host + " but for " +
               join((*found)->hosts(), ", ") + ": browsers will refuse it";
    log(Level::kError, "cert", problem_);
    if (certificate_ != nullptr && covers(*certificate_, host)) return true;  // the one from before is better
  }
  certificate_ = std::move(found).value();
  if (changed) log(Level::kInfo, "cert", "took the new certificate in " + certificateFile_);
  return true;
}

Result<std::shared_ptr<const net::TlsCertificate>> OwnFiles::read() const {
  ORBIT_TRY(const std::string chain, readFile(certificateFile_, kPemBytesMax));
  ORBIT_TRY(const std::string key, readFile(keyFile_, kPemBytesMax));
  return net::TlsCertificate::parse(chain, key, certificateFile_);
}

}  // namespace orbit::cert

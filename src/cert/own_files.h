// A certificate that the user keeps in files: read, checked, and read again when the files change. A broken new one
// leaves the old one in use. Blocking. Thread rules: one owner.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "cert/files.h"
#include "net/net.h"

namespace orbit::cert {

// Whether a certificate's name is good for `host`: the same, or a wildcard of one label.
bool covers(const std::string& name, const std::string& host);
bool covers(const net::TlsCertificate& certificate, const std::string& host);

class OwnFiles {
 public:
  OwnFiles(std::string certificateFile, std::string keyFile, std::vector<std::string> hosts)
      : certificateFile_(std::move(certificateFile)), keyFile_(std::move(keyFile)), hosts_(std::move(hosts)) {}

  // Looks whether the files are other ones than at the last look, and reads them then. True when certificate() or
  // problem() may have changed.
  bool refresh();
  const std::shared_ptr<const net::TlsCertificate>& certificate() const { return certificate_; }
  const std::string& problem() const { return problem_; }  // with the files as they are now, "" : none

 private:
  Result<std::shared_ptr<const net::TlsCertificate>> read() const;
  std::string certificateFile_, keyFile_;
  std::vector<std::string> hosts_;
  bool looked_ = false;
  Stamp certificateStamp_, keyStamp_;
  std::shared_ptr<const net::TlsCertificate> certificate_;
  std::string problem_;
};

}  // namespace orbit::cert

// One certificate that a table wants, and how it stands. Thread rules: one owner.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "cert/cert.h"
#include "cert/own_files.h"

namespace orbit::cert {

struct Entry {
  model::TableCertificate want;   // hosts in lower case
  std::optional<OwnFiles> files;  // of an own certificate
  std::shared_ptr<const net::TlsCertificate> current;
  // Of the ACME server that it is to come from, and that `current` is from; "" of others.
  std::string wantedDirectory, directory;
  bool wanted = true;  // false: dropped by a later table while an order for it ran
  bool trying = false;
  bool reissue = false;  // the local authority is another one than it was
  int failures = 0;
  std::string problem;
  Instant nextTry{};  // steady: a wall clock that jumps neither hastens nor delays it

  std::string authority() const { return files ? "file" : want.authority; }
  std::string name() const;  // for logs: the first host and how many more
  // Whether there should be a new one, by wall clock.
  bool due(std::int64_t wallUs) const;
  CertificateState state(std::int64_t wallUs, Instant now) const;
};

// Two wants of one identity are the same certificate.
std::string identityOf(const model::TableCertificate& want);

}  // namespace orbit::cert

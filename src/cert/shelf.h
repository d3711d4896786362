// The certificates that were obtained, on disk: `<folder>/certificates/<name>/{chain.pem,key.pem,about.json}`, replaced
// whole. Blocking. Thread rules: plain functions.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "cert/core/x509.h"
#include "net/net.h"

namespace orbit::cert {

struct Shelved {
  std::vector<std::string> hosts;
  std::string authority, directory;
  std::shared_ptr<const net::TlsCertificate> certificate;
};

// All that can be used, newest first among those of the same hosts; what cannot be read is left where it is and told in
// the log. Those that ended over a month ago are removed.
std::vector<Shelved> loadShelf(const std::string& folder, std::int64_t wallUs);
// The one of exactly these hosts and this authority. Errors: kNotFound, kInvalid.
Result<Shelved> loadShelved(const std::string& folder, const std::vector<std::string>& hosts,
                            const std::string& authority);
Status shelve(const std::string& folder, const std::vector<std::string>& hosts, const std::string& authority,
              const std::string& directory, const Pair& pair);

}  // namespace orbit::cert

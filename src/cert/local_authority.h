// The local authority on disk: `<folder>/local/{authority.pem,authority.key}`. Blocking. Thread rules: plain functions.
#pragma once
#include <string>

#include "cert/core/x509.h"

namespace orbit::cert {

// Made when there is none; two processes that do so at once end with the same one. Errors: kInvalid (damaged, or its
// time is over), and those of files.
Result<Pair> openLocalAuthority(const std::string& folder, std::int64_t wallUs);
std::string localAuthorityFile(const std::string& folder);
// "localhost" and names that end in ".localhost", wildcards included.
bool isLocalName(const std::string& host);

}  // namespace orbit::cert

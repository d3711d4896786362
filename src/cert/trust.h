// `orbit trust`: makes this user's programs believe the local authority, or forget it: Debian's store, and the NSS
// databases of Chromium and Firefox. What it may not do itself it says, as commands to type. Thread rules: the thread
// of the Loop; blocks shortly on files.
#pragma once
#include <string>
#include <vector>

#include "net/net.h"

namespace orbit::cert {

struct TrustOptions {
  std::string certificateFile;  // of the authority, PEM: `<folder>/local/authority.pem`
  std::string homeFolder;       // of the user
  bool remove = false;
  std::string storeFolder = "/usr/local/share/ca-certificates";
  std::string storeCommand = "update-ca-certificates";
  std::string certutil = "certutil";  // of libnss3-tools
};

struct TrustReport {
  std::vector<std::string> done;    // one line each: what was changed, or was so already
  std::vector<std::string> byHand;  // what is left to the user, with the command
  std::string text() const;         // for the terminal
};

// Errors: only those of reading the certificate; a store that cannot be changed stands in `byHand`.
net::Task<Result<TrustReport>> trust(net::Loop& loop, TrustOptions options, net::Wait wait);

}  // namespace orbit::cert

// A listening socket on one address beside our own on all addresses, at the same port. Linux refuses that
// (EADDRINUSE), but for sockets that share the port (SO_REUSEPORT): so ours do, only for as long as it takes, and
// nobody else can slip in later. Connections go to the socket with the more exact address. Private to hold. Thread
// rules: plain function.
#pragma once
#include <string>
#include <vector>

#include "base/base.h"
#include "net/net.h"

namespace orbit::hold {

// `own`: listening at the same port. Errors: as net::listenTcp().
Result<net::Descriptor> listenBeside(const std::string& address, bool freeBind, const std::vector<int>& own);

}  // namespace orbit::hold

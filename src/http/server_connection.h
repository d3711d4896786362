// One connection of a server, from its first request to its end. Private to http. Thread rules: the thread of its Loop.
#pragma once
#include "http/server.h"

namespace orbit::http {

net::Task<void> serveConnection(net::Loop& loop, std::unique_ptr<net::Stream> stream, const Handler& handler,
                                net::Cancel& cancel);

}  // namespace orbit::http

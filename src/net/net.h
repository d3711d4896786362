// The door of net: the only room that sees sockets, the event loop, OpenSSL and DNS.
#pragma once
#include "net/callback.h"      // IWYU pragma: export
#include "net/cancel.h"        // IWYU pragma: export
#include "net/child_stream.h"  // IWYU pragma: export
#include "net/loop.h"          // IWYU pragma: export
#include "net/process.h"       // IWYU pragma: export
#include "net/reactor.h"       // IWYU pragma: export
#include "net/socket.h"        // IWYU pragma: export
#include "net/stream.h"        // IWYU pragma: export
#include "net/task.h"          // IWYU pragma: export
#include "net/timer_wheel.h"   // IWYU pragma: export
#include "net/tls_server.h"    // IWYU pragma: export

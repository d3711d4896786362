// The door of http: HTTP/1.1 and HTTP/2 messages, both ends, no opinion on routing.
#pragma once
#include "http/client.h"          // IWYU pragma: export
#include "http/core/forwarded.h"  // IWYU pragma: export
#include "http/core/frames.h"     // IWYU pragma: export
#include "http/core/h2.h"         // IWYU pragma: export
#include "http/core/index.h"      // IWYU pragma: export
#include "http/core/uri.h"        // IWYU pragma: export
#include "http/message.h"         // IWYU pragma: export
#include "http/server.h"          // IWYU pragma: export

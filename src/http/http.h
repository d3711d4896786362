// The door of http: HTTP/1.1 messages, both ends, no opinion on routing.
#pragma once
#include "http/client.h"       // IWYU pragma: export
#include "http/core/frames.h"  // IWYU pragma: export
#include "http/message.h"      // IWYU pragma: export
#include "http/server.h"       // IWYU pragma: export

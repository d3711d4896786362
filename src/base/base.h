// The door of base: words every room needs and nothing that does I/O (but the log's one write).
#pragma once
#include "base/clock.h"    // IWYU pragma: export
#include "base/id.h"       // IWYU pragma: export
#include "base/log.h"      // IWYU pragma: export
#include "base/random.h"   // IWYU pragma: export
#include "base/result.h"   // IWYU pragma: export
#include "base/text.h"     // IWYU pragma: export
#include "base/version.h"  // IWYU pragma: export

// The door of logs: what services say, kept and found again. Lines come in as batches of a container's pieces
// (entry.h), are kept compressed under a budget (store.h), are looked for (query.h) and, when somebody asks, parsed
// into fields (fields.h). Nothing here knows Docker.
#pragma once
#include "logs/entry.h"   // IWYU pragma: export
#include "logs/fields.h"  // IWYU pragma: export
#include "logs/query.h"   // IWYU pragma: export
#include "logs/store.h"   // IWYU pragma: export

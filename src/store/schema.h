// The shape of the state file, as a numbered list of steps forward (decision 3). Private to store.
//
// Two numbers travel with the file: the schema it has, and the oldest schema whose code can still work on it. So the
// previous version of Orbit opens a file that a newer one has migrated, as long as the step only added what the old
// code ignores; an incompatible file is refused by name. Thread rules: blocking, at start.
#pragma once
#include <span>

#include "base/result.h"
#include "store/database.h"

namespace orbit::store {

struct Migration {
  int schema;        // 1, 2, 3, … without gaps
  int oldestReader;  // the lowest schema whose code can use the result; at most schema - 1, but for the first
  std::string_view sql;
};

// The steps of this version.
std::span<const Migration> migrations();

// Brings the file to the newest schema of `steps`, each step in one transaction, with a copy `<path>.before-<schema>`
// before each step on a file that had content. A file newer than that is left alone when its oldest reader allows.
// Errors: kUnsupported (newer; names both schemas and the version that wrote it), kInvalid (damaged, or not Orbit's),
// kNoSpace, kIo.
Status migrate(Database& database, std::span<const Migration> steps, std::string_view productVersion);

}  // namespace orbit::store

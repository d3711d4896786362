// The append-only journal of deploys in the state file. Private to store. Thread rules: those of the connection it is
// given.
#pragma once
#include <vector>

#include "store/database.h"
#include "store/seal.h"
#include "store/store.h"

namespace orbit::store {

// Errors: kLimit: too long.
Status checkFact(const Fact& fact);
// `key` may be null when nothing is to be sealed.
Status putFact(Database& database, const Fact& fact, const Key* key);
Status dropFacts(Database& database, const std::string& project, const std::string& environment,
                 const std::vector<int>& groups);
Result<std::vector<Fact>> readFacts(Database& database);
// The newest fact of a group that has one, `sealed` as it is stored. Errors: kNotFound.
Result<Fact> readSealed(Database& database, std::string_view project, std::string_view environment, int group);
Status openSealed(Fact& fact, const Key& key);

Result<bool> hasSealedFacts(Database& database);

}  // namespace orbit::store

// Variables of environments in the state file. Private to store. Thread rules: those of the connection it is given.
#pragma once
#include <vector>

#include "store/database.h"
#include "store/seal.h"
#include "store/store.h"

namespace orbit::store {

struct VariableScope {
  std::string project, environment, service;
  std::string text() const;  // "production of shop", "web in production of shop"
};

// Names, values and how many. Errors: kInvalid, kLimit.
Status checkVariables(const std::vector<Variable>& variables);

// Within the caller's transaction. `key` may be null when none is secret. Errors: kLimit: too many in the environment.
Status putVariables(Database& database, const std::vector<Variable>& variables, const Key* key);
// Errors: kNotFound.
Status dropVariables(Database& database, const VariableScope& scope, const std::vector<std::string>& names);
Status dropOldVersions(Database& database, const VariableScope& scope, const std::vector<std::string>& names);

Result<std::vector<Variable>> readVariables(Database& database, std::string_view project, std::string_view environment);
// A secret's value is still sealed. `version` 0, and one that is not there any more: the newest. Errors: kNotFound.
Result<Variable> readVersion(Database& database, const VariableScope& scope, std::string_view name, int version);
Status openValue(Variable& variable, const Key& key);

Result<bool> hasSealedVariables(Database& database);

}  // namespace orbit::store

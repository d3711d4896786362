// The place of a secret inside a text: "postgresql://app:<mark of DB_PASSWORD>@db/app". Thread rules: pure.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orbit::model {

std::string secretMark(std::string_view name);
// Names in order of appearance, each once.
std::vector<std::string> secretsIn(std::string_view text);
// For people: each mark as "${NAME}".
std::string showSecrets(std::string_view text);
// Each mark replaced. Errors: those of `value`.
Result<std::string> fillSecrets(std::string_view text,
                                const std::function<Result<std::string>(const std::string& name)>& value);

}  // namespace orbit::model

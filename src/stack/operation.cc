#include "stack/operation.h"

namespace orbit::stack {

Outcome Operation::outcome() {
  Outcome outcome;
  const auto is = [](Code code) { return [code](const Failure& failure) { return failure.error.code == code; }; };
  const bool stopped = std::any_of(failures.begin(), failures.end(), is(Code::kCancelled));
  if (cancelled() || stopped) {
    outcome.failures.push_back(
        Failure{Error{Code::kCancelled, "cancelled", "what was begun stays; `orbit up` goes on from there"},
                "",
                "",
                0,
                {},
                ""});
    return outcome;
  }
  for (auto& failure : failures) {
    const bool away = failure.error.code == Code::kUnavailable;
    if (away && std::any_of(outcome.failures.begin(), outcome.failures.end(), is(Code::kUnavailable))) continue;
    outcome.failures.push_back(std::move(failure));
  }
  return outcome;
}

}  // namespace orbit::stack

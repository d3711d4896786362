// Turns "it did not work" into what a person needs to mend it: which service, its exit and what the exit means, its
// last lines, and what to look at. Thread rules: the thread of the operation's Loop.
#pragma once
#include "stack/operation.h"

namespace orbit::stack {

// The container ended, or keeps ending, before it was of use.
net::Task<Failure> explainExit(Operation& operation, const model::Service& service, engine::ContainerDetail container);
// Its health probe keeps failing; `output` is what the last one printed.
net::Task<Failure> explainUnhealthy(Operation& operation, const model::Service& service, std::string id,
                                    std::string name, std::string output);
// The engine refused to create or start it.
net::Task<Failure> explainRefusal(Operation& operation, const model::Service& service, std::string name, Error error);

// What an exit code says about why ("killed for lack of memory"), and what to do about it. Pure.
struct ExitMeaning {
  std::string meaning, hint;
};
ExitMeaning exitMeaning(int exitCode, bool oomKilled);

}  // namespace orbit::stack

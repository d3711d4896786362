// What the engine has of a project, in three calls side by side; and a plan made of labels alone, for verbs that have
// no file. Thread rules: the thread of the operation's Loop.
#pragma once
#include "stack/converge.h"
#include "stack/operation.h"

namespace orbit::stack {

net::Task<Result<Observed>> observe(Operation& operation, std::string project);

// Services, dependencies, networks and volumes as the labels of what exists tell them. Pure.
model::Plan planFromLabels(const std::string& project, const Observed& observed);

// An error when the project's containers were made by another home for another folder: two projects of one name.
Status checkOwner(const model::Plan& plan, const Observed& observed, const std::string& home);

}  // namespace orbit::stack

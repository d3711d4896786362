// One visitor's request as a line for people. Thread rules: pure.
#pragma once
#include <string>

#include "cli/events.h"
#include "cli/screen_text.h"

namespace orbit::cli {

// "08:15:30.123  200    12ms  GET   shop.localhost/cart  web v7  192.0.2.7": UTC, and what went wrong at the end.
std::string requestLine(const RequestEvent& event, const Style& style);

}  // namespace orbit::cli

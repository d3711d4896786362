// Traffic with its peers given: for its door, and for tests. Private to traffic.
#pragma once
#include <memory>

#include "traffic/delivery.h"
#include "traffic/domain_report.h"
#include "traffic/scout.h"
#include "traffic/traffic.h"

namespace orbit::traffic {

std::unique_ptr<Traffic> createWith(net::Loop& loop, engine::Engine& engine, Options options, Peers peers);

}  // namespace orbit::traffic

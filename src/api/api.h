// The door of api: HTTP to one call on one room; it holds no logic. The protocol is written down in docs/api.md.
// Thread rules: the thread of its Loop.
#pragma once
#include <memory>
#include <string>

#include "api/alarms.h"
#include "api/measurements.h"  // IWYU pragma: export
#include "collect/collect.h"
#include "deploy/deploy.h"
#include "engine/engine.h"
#include "http/http.h"
#include "logs/logs.h"
#include "stack/stack.h"
#include "store/store.h"
#include "traffic/traffic.h"

namespace orbit::api {

struct Services {
  net::Loop& loop;
  engine::Engine& engine;
  stack::Stack& stack;
  store::Store& store;
  traffic::Traffic& traffic;
  deploy::Deploy& deploy;
  Alarms& alarms;
  deploy::Secrets& secrets;    // an environment's variables, for reading a project's files as it will run them
  std::string contextsFolder;  // where uploaded build contexts are kept until used; made (0700) when missing
  net::Cancel& stop;  // the daemon ends: operations are cancelled and journaled as such; callers see their stream end
  std::string signalFolder = {};         // where the edge's generations leave their signals
  Measurements* measurements = nullptr;  // null: nothing is measured here
  // What is kept of what containers said; without them `logs` asks the engine.
  logs::Store* logs = nullptr;
  collect::Collector* collector = nullptr;
};

// The handler for http::serve; must be destroyed after the loop's tasks ended. Removes stale contexts. Blocks briefly.
http::Handler handler(Services services);

}  // namespace orbit::api

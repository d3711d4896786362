// From a project's files to what an environment runs (decision 15): what the parts of one reading share. The order is
//
//   railway files → the rules on the merged tree (production_tree.cc) → typed plan (plan.h) → services of a deployment
//   (deploy_service.cc) → variables and references (deploy_variables.cc) → what is still needed (deploy_needed.cc)
//
// The rules come before the typed plan, so that what production leaves out is not judged either.
// Thread rules: one reading owns a Deploying.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/deployment.h"
#include "project/dockerfile.h"
#include "project/plan.h"
#include "project/railway.h"
#include "project/schema_shapes.h"

namespace orbit::project {

// What is known of one service beside its plan.
struct ServiceFacts {
  Railway railway;
  std::vector<model::Port> ports;  // of `ports:`, which are not published
  Location portsAt;
  std::vector<std::string> aliases;  // names it has inside: `container_name`
  bool lostMount = false;            // a bind mount of the project's, and its command with it
  bool ownCommand = false;           // the file says what it runs
  bool job = false;                  // others wait until it has completed
  Dockerfile dockerfile;
  std::vector<int> exposed;       // by the Dockerfile
  std::vector<std::string> base;  // images the built stage stands on, the nearest first
  bool site = false;              // has a vercel.json, or x-orbit.site
  std::string manifest;           // package.json of the context
};

struct Deploying {
  Planning& planning;
  Merged& merged;
  const Production& production;
  const Target& target;
  model::Deployment deployment = {};
  std::map<std::string, ServiceFacts> facts = {};
  std::set<std::string> dropped = {};  // places of values that production leaves out

  void note(const std::string& service, std::string rule, std::string text, std::string why, const Location& at = {}) {
    deployment.notes.push_back({service, std::move(rule), std::move(text), std::move(why), at});
  }
  Findings& findings() const { return planning.findings; }
  bool isOfEnvironmentFile(const Location& at) const {
    return !merged.environmentFile.empty() && at.file == merged.environmentFile;
  }
  Fields fieldsOf(const std::string& service) const;
};

// Files beside a service that say more of it: its Dockerfile, railway.json or railway.toml, vercel.json.
void learnServices(Deploying& deploying);
// Decision 15 a, b and what follows of them, and the railway file's commands, on the tree.
void applyRules(Deploying& deploying);
// One service, and those that are no service of a deployment: jobs, which run before those that wait for them.
void makeServices(Deploying& deploying, model::Plan plan);
// The service's own part of `x-orbit` and of its railway file: probe, release, replicas.
void planRelease(Deploying& deploying, model::DeployService& service);
// What it listens on, and what of it is a route.
void planPortsOfDeploy(Deploying& deploying, model::DeployService& service);
// What the environment sets, over what the file says: all for services built from this project, else those it names.
void giveVariables(const Target& target, model::Service& service);
// What Orbit tells each service, ${{references}} and build arguments.
void planVariables(Deploying& deploying);
// Where secrets stand that the environment's variables brought in: no place may hold one that must be known before a
// container is made.
void checkSecrets(Deploying& deploying);
// Variables without a value, or with one that is known from development.
void planNeeded(Deploying& deploying);
// What it promises and whom it tells.
void planAlerting(Deploying& deploying);

// "postgres" for postgres:15-alpine; "" for an image that is no known database or queue.
std::string_view databaseOf(std::string_view image);
int databasePort(std::string_view database);
// Ports of databases, queues and mail: never HTTP.
bool isOtherThanHttp(int port);
// Build-time variables that end in a page: VITE_, NEXT_PUBLIC_, …
bool isForBrowsers(std::string_view name);
// Whether a variable of this name holds a secret.
bool isSecretName(std::string_view name);

}  // namespace orbit::project

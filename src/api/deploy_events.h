// What the API tells of deploys, releases and status, as JSON (docs/api.md, "Deploys"). Private to api. Thread rules:
// pure.
#pragma once
#include <string>
#include <vector>

#include "deploy/deploy.h"
#include "format/json.h"

namespace orbit::api {

// `before`: the releases of the environment, newest first; none: this is its first deploy.
format::Json planEvent(const model::Deployment& deployment, const std::vector<deploy::Deploy::Change>& changes,
                       const std::vector<deploy::ReleaseRow>& before);
format::Json stageEvent(const deploy::Event& event);

// ok, failed, cancelled or need.
std::string outcomeOf(const deploy::Outcome& outcome);
// The members of a result beside `outcome`; `rows`: what the environment runs now.
format::Json deployResult(const deploy::Outcome& outcome, const std::vector<deploy::StatusRow>& rows);
// For the journal.
std::string deployDetail(const std::string& environment, const deploy::Outcome& outcome);

// The variables that stop a deploy, as one problem; nullopt when there are none. `environment`: as `-E` names it.
std::optional<Error> missingVariables(const model::Deployment& deployment, bool allowDevelopment);

format::Json statusJson(const deploy::StatusRow& row);
format::Json releaseJson(const deploy::ReleaseRow& row);

}  // namespace orbit::api

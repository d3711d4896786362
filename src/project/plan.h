// From the merged tree to typed values, one function a concern; plan_<concern>.cc holds each. All of them report into
// one Findings and go on, so that one reading names every fault. Thread rules: one reading owns a Planning.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "model/plan.h"
#include "project/fields.h"
#include "project/merged.h"

namespace orbit::project {

// What the parts of one conversion share.
struct Planning {
  const Snapshot& snapshot;
  const Environment& environment;
  Needs& needs;
  const Merged& merged;
  Findings findings = {};
  // Path as a person in the project's folder would write it.
  std::string shown(const std::string& path) const;
};

// The whole conversion. `findings` of `planning` tells what went wrong.
model::Plan makePlan(Planning& planning);

// Parts of a service, each from the service's fields.
void planImageAndBuild(Planning& planning, const Fields& fields, model::Service& service);
void planCommand(const Fields& fields, model::ContainerSpec& container);
void planEnvironment(Planning& planning, const Fields& fields, model::ContainerSpec& container);
void planPorts(const Fields& fields, model::ContainerSpec& container);
void planMounts(Planning& planning, const Fields& fields, model::Service& service);
void planAttachments(Planning& planning, const Fields& fields, model::ContainerSpec& container);
void planFileGrants(Planning& planning, const Fields& fields, model::ContainerSpec& container);
void planHealth(const Fields& fields, model::ContainerSpec& container);
void planResources(const Fields& fields, model::Service& service);
void planLimits(const Fields& fields, model::ContainerSpec& container);
void planDevices(const Fields& fields, model::ContainerSpec& container);
void planDependencies(Planning& planning, const Fields& fields, model::Service& service);
void planOrbit(const Fields& fields, model::Service& service);

// Parts that look at several services at once.
void planLinks(Planning& planning, model::Plan& plan);
void checkCycles(Planning& planning, const model::Plan& plan);
void checkTogether(Planning& planning, const model::Plan& plan);
void planReadyPorts(model::Plan& plan);
void checkPrograms(Planning& planning, model::Plan& plan);

// Top-level sections: those entries that enabled services use.
void planNetworks(Planning& planning, model::Plan& plan);
void planVolumes(Planning& planning, model::Plan& plan);
void planFileObjects(Planning& planning, model::Plan& plan);
void planDomains(Planning& planning, model::Plan& plan);

// Keys of the specification that Orbit does not act on yet become warnings.
void warnUnsupported(const Fields& root);
void warnUnsupportedService(const Fields& fields);

// A name that a section of the file should hold; a problem with the nearest one when it does not.
bool checkReference(Planning& planning, std::string_view section, const std::string& name, const Location& at,
                    const std::string& user);

}  // namespace orbit::project

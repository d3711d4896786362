// What a project's files ask for, whole: the one value that everything after reading works from.
#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "model/file_object.h"
#include "model/network.h"
#include "model/service.h"
#include "model/volume.h"

namespace orbit::model {

// Something worth telling that does not stop the work: text, place and what to do.
struct Warning {
  std::string message;
  std::string hint;
  Location at;
};

// `x-orbit.domains`: a host and the service that is to answer it once the project is deployed.
struct PlannedDomain {
  std::string host;  // in its one form (model/domain.h)
  std::string service;
  Location at;
};

struct Plan {
  std::string project;                // normal name, [a-z0-9][a-z0-9_-]*
  std::string workingDir;             // absolute
  std::vector<std::string> files;     // absolute paths, in the order given
  std::vector<Service> services;      // enabled ones (by profile), in the order of the file
  std::vector<std::string> disabled;  // services left out by profiles
  std::vector<Network> networks;      // those that enabled services use
  std::vector<Volume> volumes;
  std::vector<FileObject> configs;
  std::vector<FileObject> secrets;
  std::vector<PlannedDomain> domains;  // by `x-orbit.domains`
  std::vector<Warning> warnings;

  const Service* find(std::string_view name) const {
    for (const auto& service : services) {
      if (service.name == name) return &service;
    }
    return nullptr;
  }
};

}  // namespace orbit::model

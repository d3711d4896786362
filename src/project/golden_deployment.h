// For tests of readDeployment: a golden project (golden_project.h) with sections of its own,
//
//   ### variables          of the environment: NAME=value a line; "secret NAME" for a secret; "web: NAME=value" for one
//   ### production         environment NAME, allow-dev-secrets, commit SHA, branch NAME, author TEXT, message TEXT
#pragma once
#include <string>
#include <string_view>

#include "model/secret_mark.h"
#include "project/golden_project.h"

namespace orbit::project {

inline EnvironmentVariable goldenVariable(std::string_view line) {
  EnvironmentVariable out;
  const auto colon = line.find(": ");
  if (colon != std::string_view::npos && colon < line.find('=')) {
    out.service = line.substr(0, colon);
    line.remove_prefix(colon + 2);
  }
  constexpr std::string_view kSecret = "secret ";
  if (startsWith(line, kSecret)) {
    out.name = line.substr(kSecret.size());
    out.secret = true;
    out.value = model::secretMark(out.name);
  } else {
    out.name = line.substr(0, line.find('='));
    out.value = line.find('=') == std::string_view::npos ? "" : line.substr(line.find('=') + 1);
  }
  return out;
}

inline Production goldenProduction(std::string_view text) {
  Production out;
  std::string section;
  for (const auto line : split(text, '\n')) {
    if (startsWith(line, "### ")) {
      section = std::string(line.substr(4));
    } else if (section == "variables" && !trim(line).empty()) {
      out.variables.push_back(goldenVariable(line));
    } else if (section == "production") {
      const auto space = std::min(line.find(' '), line.size());
      const std::string value(trim(line.substr(space)));
      const auto word = line.substr(0, space);
      if (word == "environment") out.environment = value;
      if (word == "allow-dev-secrets") out.allowDevelopmentSecrets = true;
      if (word == "commit") out.commit = value;
      if (word == "branch") out.branch = value;
      if (word == "author") out.author = value;
      if (word == "message") out.message = value;
    }
  }
  return out;
}

}  // namespace orbit::project

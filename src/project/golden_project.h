// For tests: a project written as one text, read to the end the way a command does it.
//
//   ### shell                 variables of the shell, NAME=value a line
//   ### arguments             -f F, -p NAME, --project-directory D, --env-file F, --profile P, or a service's name; one
//   a line
//   ### /app/compose.yaml     a file; the command is given in /app ("### in /other" changes that)
//   ### folder /app/x         also: other, unreadable
// A text that does not begin with "###" is /app/compose.yaml.
#pragma once
#include <string>
#include <string_view>

#include "project/merged.h"

namespace orbit::project {

// A snapshot that holds everything the text names, as if already asked for.
struct GoldenProject {
  Snapshot given;  // its files and variables are empty: they are in the next two
  std::map<std::string, File> files;
  std::map<std::string, std::string> shell;
};

inline GoldenProject parseGolden(std::string_view text) {
  GoldenProject project;
  project.given.workingDir = "/app";
  std::string section = "/app/compose.yaml";
  const auto argument = [&](std::string_view line) {
    const auto space = line.find(' ');
    const std::string option(line.substr(0, space));
    const std::string value(space == std::string_view::npos ? "" : line.substr(space + 1));
    Snapshot& given = project.given;
    if (option == "-f") given.composeFiles.push_back(value);
    if (option == "-p") given.projectName = value;
    if (option == "--project-directory") given.projectDirectory = value;
    if (option == "--env-file") given.envFiles.push_back(value);
    if (option == "--profile") given.profiles.push_back(value);
    if (!startsWith(option, "-")) given.services.push_back(option);
  };
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (startsWith(line, "### ")) {
      section = std::string(line.substr(4));
      const auto space = section.find(' ');
      const std::string word = section.substr(0, space);
      const std::string path = space == std::string::npos ? "" : section.substr(space + 1);
      if (word == "in") project.given.workingDir = path;
      if (word == "folder") project.files[path].kind = File::Kind::kFolder;
      if (word == "other") project.files[path].kind = File::Kind::kOther;
      if (word == "unreadable") project.files[path] = {File::Kind::kUnreadable, "", "Permission denied"};
      if (startsWith(section, "/")) project.files[section].kind = File::Kind::kText;
    } else if (section == "shell") {
      const auto equals = line.find('=');
      if (equals != std::string_view::npos) {
        project.shell[std::string(line.substr(0, equals))] = line.substr(equals + 1);
      }
    } else if (section == "arguments") {
      if (!line.empty()) argument(line);
    } else if (startsWith(section, "/")) {
      auto& file = project.files[section];
      file.kind = File::Kind::kText;
      file.text.append(line).append("\n");
    }
  }
  return project;
}

// Gives the snapshot what a reading asked for. False when it asked for nothing new.
inline bool supply(const GoldenProject& project, Snapshot& snapshot, const std::vector<std::string>& files,
                   const std::vector<std::string>& variables) {
  bool isNew = false;
  for (const auto& path : files) {
    const auto found = project.files.find(path);
    isNew |= snapshot.files.emplace(path, found == project.files.end() ? File{} : found->second).second;
  }
  for (const auto& name : variables) {
    const auto found = project.shell.find(name);
    const auto value = found == project.shell.end() ? std::nullopt : std::optional(found->second);
    isNew |= snapshot.variables.emplace(name, value).second;
  }
  return isNew;
}

}  // namespace orbit::project

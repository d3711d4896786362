// Loads the files of one model (the project's own, or what one `include` brings) into one tree: interpolation, schema,
// normal form, include, extends, merge. Thread rules: one reading owns it.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "format/node.h"
#include "project/reading_state.h"

namespace orbit::project {

class ModelLoader {
 public:
  // `includedFrom`: the files whose `include` led here, outermost first.
  ModelLoader(ReadingState& state, Environment environment, std::string folder, std::vector<std::string> includedFrom)
      : state_(state),
        environment_(std::move(environment)),
        folder_(std::move(folder)),
        includedFrom_(std::move(includedFrom)) {}

  // The files merged in order. On faults the tree holds what could be read; the state tells.
  format::Node load(const std::vector<std::string>& files, Location at);

 private:
  enum class Progress { kOpen, kDone, kFailed };
  struct Source {
    std::string path;
    format::Node root;
    std::map<std::string, Progress> extended;  // by service
  };

  // One file in normal form with absolute paths, its documents merged; nothing on a fault or a need.
  std::optional<Source> read(const std::string& path, const std::string& folder, std::string_view what, Location at);

  void include(Source& source);
  void includeOne(Source& source, const format::Node& item);
  void import(format::Node& root, format::Node model, const Location& at);

  void extend(Source& source);
  // Applies `extends` of one service; `chain` names the services that led here. False on a fault, told once.
  bool extendService(Source& source, const std::string& name, std::vector<std::string>& chain);
  // The service that an `extends` names, itself already extended; nullptr on a fault or a need.
  const format::Node* baseOf(Source& source, const std::string& name, const format::Node& extends,
                             std::vector<std::string>& chain);
  // The file that `extends.file` names, read once.
  Source* baseSource(const std::string& path, Location at);

  ReadingState& state_;
  Environment environment_;
  std::string folder_;
  std::vector<std::string> includedFrom_;
  std::map<std::string, std::optional<Source>> bases_;
};

}  // namespace orbit::project

// A config or a secret of a plan. A secret's content never reaches a log, a listing or an error text.
#pragma once
#include <string>

#include "base/result.h"

namespace orbit::model {

struct FileObject {
  std::string key;
  enum class From { kFile, kEnvironment, kContent, kExternal } from = From::kFile;
  std::string path;      // kFile: absolute path on the host
  std::string content;   // kEnvironment and kContent: the text itself
  std::string variable;  // kEnvironment: the variable it came from
  std::string name;      // kExternal
  Location at;
};

}  // namespace orbit::model

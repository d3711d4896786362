// The log of hold and its children: appended to, and moved aside to "<path>.1" when it would grow past its limit.
// Private to hold. Thread rules: hold's one thread.
#pragma once
#include <string>

#include "base/result.h"

namespace orbit::hold {

class LogFile {
 public:
  LogFile(std::string path, std::size_t bytesMax) : path_(std::move(path)), bytesMax_(bytesMax) {}
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // Opens it, and makes it our standard error, so that our own lines go there as well. Errors: kIo, kDenied.
  Status open();
  // What cannot be written (disk full) is lost; nobody is left to be told.
  void append(std::string_view bytes);

 private:
  void rotate();

  std::string path_;
  std::size_t bytesMax_;
  int descriptor_ = -1;
};

}  // namespace orbit::hold

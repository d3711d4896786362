// What the unit tests of store share: a folder that goes with its test, and writes that are waited for.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <string>

#include "store/store.h"

namespace orbit::store {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "orbit-store-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string at(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline Status now(const std::function<void(Store::Done)>& write) {
  std::promise<Status> promise;
  write([&](Status outcome) { promise.set_value(std::move(outcome)); });
  return promise.get_future().get();
}

inline std::string contentOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

}  // namespace orbit::store

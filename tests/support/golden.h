// Golden cases: one file holds the input, a line of dashes, and the expected output. UPDATE_GOLDEN=1 rewrites them
// (`./dev golden --update`), so a change of behaviour is reviewed as a change of text.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>
#include <string>

namespace orbit::support {

inline std::string readFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Runs `produce(input)` on every *.golden file of tests/golden/<topic> and compares with what stands below the dashes.
inline void runGolden(const std::string& topic, const std::function<std::string(const std::string& input)>& produce) {
  const std::string kLine = "----------\n";
  const std::filesystem::path dir = std::filesystem::path(ORBIT_SOURCE_DIR) / "tests" / "golden" / topic;
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() == ".golden") files.insert(entry.path());
  }
  EXPECT_FALSE(files.empty()) << "no golden case in " << dir;
  for (const auto& file : files) {
    const std::string text = readFile(file);
    auto at = text.rfind("\n" + kLine);
    const std::string input = at == std::string::npos ? text : text.substr(0, at + 1);
    const std::string expected = at == std::string::npos ? "" : text.substr(at + 1 + kLine.size());
    std::string actual = produce(input);
    if (!actual.empty() && actual.back() != '\n') actual += '\n';
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
      std::ofstream(file, std::ios::binary) << input << kLine << actual;
    } else {
      EXPECT_EQ(actual, expected) << file.filename() << " (./dev golden --update rewrites it)";
    }
  }
}

}  // namespace orbit::support

// `orbit trust` on a home and a store of the test's, with a certutil that keeps its databases as text.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "cert/cert.h"
#include "children.h"

namespace orbit::acme_test {
namespace {

class TrustIo : public testing::Test {
 protected:
  TrustIo() {
    ORBIT_CHECK(mkdtemp(folder_.data()) != nullptr);
    for (const char* name :
         {"/store", "/home/.pki/nssdb", "/home/.mozilla/firefox/a.default", "/home/.mozilla/firefox/b"}) {
      std::filesystem::create_directories(folder_ + name);
    }
    writeText(folder_ + "/home/.pki/nssdb/cert9.db", "");
    writeText(folder_ + "/home/.mozilla/firefox/a.default/cert9.db", "");
    program("update", "echo refreshed >> '" + folder_ + "/refreshed'\n");
    // certutil -L|-A|-D -d sql:FOLDER -n NAME ...
    program("certutil",
            "db=${3#sql:}/cert9.db\ncase $1 in\n-L) grep -q \"$5\" \"$db\" ;;\n-A) echo \"$5\" >> \"$db\" ;;\n"
            "-D) : > \"$db\" ;;\nesac\n");
    authority_ = std::move(cert::localAuthority(folder_ + "/edge", clock_)).value();
    options_.certificateFile = authority_.certificateFile;
    options_.homeFolder = folder_ + "/home";
    options_.storeFolder = folder_ + "/store";
    options_.storeCommand = folder_ + "/update";
    options_.certutil = folder_ + "/certutil";
  }
  ~TrustIo() override { std::filesystem::remove_all(folder_); }

  void program(const std::string& name, const std::string& script) const {
    writeText(folder_ + "/" + name, "#!/bin/sh\n" + script);
    ::chmod((folder_ + "/" + name).c_str(), 0755);
  }
  cert::TrustReport run() {
    auto report = loop_.runTask(cert::trust(loop_, options_, {}));
    EXPECT_TRUE(report.ok());
    return report.ok() ? std::move(report).value() : cert::TrustReport{};
  }
  std::string storeFile() const {
    return options_.storeFolder + "/orbit-local-" + authority_.fingerprint.substr(0, 8) + ".crt";
  }

  std::string folder_ = "/tmp/orbit-trust-XXXXXX";
  SystemClock clock_;
  net::Loop loop_;
  cert::LocalAuthority authority_;
  cert::TrustOptions options_;
};

TEST_F(TrustIo, InstallsAndRemoves) {
  const auto first = run();
  EXPECT_EQ(first.done.size(), 3u) << first.text();
  EXPECT_EQ(readText(storeFile()), authority_.certificatePem);
  struct stat found {};
  ASSERT_EQ(::stat(storeFile().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0644u);
  EXPECT_EQ(readText(folder_ + "/refreshed"), "refreshed\n");
  EXPECT_NE(readText(folder_ + "/home/.pki/nssdb/cert9.db").find("Orbit local authority"), std::string::npos);
  const auto again = run();
  EXPECT_NE(again.text().find("has it already"), std::string::npos);
  EXPECT_EQ(readText(folder_ + "/refreshed"), "refreshed\n");
  options_.remove = true;
  const auto removed = run();
  EXPECT_EQ(removed.done.size(), 3u) << removed.text();
  EXPECT_TRUE(removed.byHand.empty()) << removed.text();
  EXPECT_FALSE(std::filesystem::exists(storeFile()));
  EXPECT_EQ(readText(folder_ + "/home/.mozilla/firefox/a.default/cert9.db"), "");
}

TEST_F(TrustIo, SaysWhatIsLeftToTheUser) {
  options_.storeFolder = "/proc";  // nobody writes there
  options_.certutil = folder_ + "/nothing";
  const auto report = run();
  EXPECT_TRUE(report.done.empty()) << report.text();
  EXPECT_NE(report.text().find("sudo install -m 644 " + authority_.certificateFile + " /proc/orbit-local-"),
            std::string::npos)
      << report.text();
  EXPECT_NE(report.text().find("libnss3-tools"), std::string::npos);
}

TEST_F(TrustIo, AStoreThatFailsToRefresh) {
  program("update", "echo broken; exit 3\n");
  const auto report = run();
  EXPECT_NE(report.text().find("was not refreshed (broken)"), std::string::npos) << report.text();
}

}  // namespace
}  // namespace orbit::acme_test

#include "cert/trust.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "cert/core/acme_problem.h"
#include "cert/core/limits.h"
#include "cert/core/x509.h"
#include "cert/files.h"

namespace orbit::cert {
namespace {

constexpr std::size_t kOutputShown = 300;
constexpr std::size_t kFingerprintShown = 8;
constexpr mode_t kReadableByAll = 0644;

struct Ran {
  bool started = false;
  int status = 0;
  std::string output;
};

net::Task<Ran> run(net::Loop& loop, std::vector<std::string> arguments, net::Wait wait) {
  Ran ran;
  net::Command command;
  command.arguments = std::move(arguments);
  net::Output output = [&ran](bool, std::string_view bytes) {
    if (ran.output.size() < kOutputShown) ran.output += bytes;
  };
  const auto exit = co_await net::runCommand(loop, std::move(command), nullptr, std::move(output), wait);
  ran.started = exit.ok();
  if (exit.ok()) ran.status = exit->status;
  if (!exit.ok()) ran.output = exit.error().message;
  co_return ran;
}

bool isFolder(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

// The folders with an NSS database that browsers of this user read.
std::vector<std::string> nssFolders(const std::string& home) {
  std::vector<std::string> folders;
  const auto take = [&folders](const std::string& folder) {
    if (stampOf(folder + "/cert9.db").size >= 0) folders.push_back(folder);
  };
  take(home + "/.pki/nssdb");
  take(home + "/snap/chromium/current/.pki/nssdb");
  for (const std::string profiles :
       {"/.mozilla/firefox", "/.config/mozilla/firefox", "/snap/firefox/common/.mozilla/firefox",
        "/.var/app/org.mozilla.firefox/.mozilla/firefox"}) {
    for (const std::string& name : listFolder(home + profiles)) take(home + profiles + "/" + name);
  }
  return folders;
}

class Installer {
 public:
  Installer(net::Loop& loop, TrustOptions options, std::string pem, const Facts& facts, net::Wait wait)
      : loop_(loop), options_(std::move(options)), pem_(std::move(pem)), wait_(wait) {
    const std::string mark = facts.fingerprint.substr(0, kFingerprintShown);
    nickname_ = "Orbit local authority " + mark;
    storeFile_ = options_.storeFolder + "/orbit-local-" + mark + ".crt";
  }

  net::Task<TrustReport> change() {
    co_await changeStore();
    co_await changeBrowsers();
    if (!options_.remove) {
      report_.byHand.push_back(
          "programs with a store of their own are told by a variable, for Node.js: NODE_EXTRA_CA_CERTS=" +
          options_.certificateFile);
    }
    co_return std::move(report_);
  }

 private:
  net::Task<void> changeStore() {
    const std::string refresh = "sudo " + options_.storeCommand;
    if (!isFolder(options_.storeFolder)) {
      report_.byHand.push_back("this system has no " + options_.storeFolder + ": give " + options_.certificateFile +
                               " to its certificate store");
      co_return;
    }
    const auto present = readFile(storeFile_, kPemBytesMax);
    const bool there = present.ok() && *present == pem_;
    if (there != options_.remove) {
      report_.done.push_back(there ? "the system's store has it already" : "the system's store does not have it");
      co_return;
    }
    if (!writeStore()) {
      const std::string step = options_.remove ? "sudo rm " + storeFile_
                                               : "sudo install -m 644 " + options_.certificateFile + " " + storeFile_;
      report_.byHand.push_back("the system's store can be changed by root only: " + step + " && " + refresh);
      co_return;
    }
    std::vector<std::string> command{options_.storeCommand};
    const Ran ran = co_await run(loop_, std::move(command), wait_);
    if (!ran.started || ran.status != 0) {
      report_.byHand.push_back("the system's store was not refreshed (" + printable(trim(ran.output)) +
                               "): " + refresh);
      co_return;
    }
    report_.done.push_back(options_.remove ? "removed from the system's store (" + storeFile_ + ")"
                                           : "added to the system's store (" + storeFile_ + ")");
  }

  bool writeStore() const {
    if (options_.remove) return ::unlink(storeFile_.c_str()) == 0 || errno == ENOENT;
    return writeFile(storeFile_, pem_).ok() && ::chmod(storeFile_.c_str(), kReadableByAll) == 0;
  }

  net::Task<void> changeBrowsers() {
    const std::vector<std::string> folders = nssFolders(options_.homeFolder);
    for (const std::string& folder : folders) {
      const std::string database = "sql:" + folder;
      std::vector<std::string> list{options_.certutil, "-L", "-d", database, "-n", nickname_};
      const Ran listed = co_await run(loop_, std::move(list), wait_);
      if (!listed.started) {
        report_.byHand.push_back(
            "browsers keep a store of their own, which certutil changes: sudo apt install libnss3-tools, then the same "
            "command again (or import " +
            options_.certificateFile + " in the browser's settings, under Authorities)");
        co_return;
      }
      const bool there = listed.status == 0;
      if (there != options_.remove) {
        report_.done.push_back(folder + (there ? " has it already" : " does not have it"));
        continue;
      }
      std::vector<std::string> command{options_.certutil, options_.remove ? "-D" : "-A", "-d", database, "-n",
                                       nickname_};
      if (!options_.remove) command.insert(command.end(), {"-t", "C,,", "-i", options_.certificateFile});
      std::string shown;
      for (const std::string& word : command) shown += (shown.empty() ? "" : " ") + quoted(word);
      const Ran ran = co_await run(loop_, std::move(command), wait_);
      if (ran.started && ran.status == 0) {
        report_.done.push_back((options_.remove ? "removed from " : "added to ") + folder + "; restart that browser");
      } else {
        report_.byHand.push_back(folder + " was not changed (" + printable(trim(ran.output)) + "): " + shown);
      }
    }
  }

  static std::string quoted(const std::string& word) {
    return word.find(' ') == std::string::npos ? word : "'" + word + "'";
  }

  net::Loop& loop_;
  TrustOptions options_;
  std::string pem_, nickname_, storeFile_;
  net::Wait wait_;
  TrustReport report_;
};

}  // namespace

std::string TrustReport::text() const {
  std::string text;
  for (const std::string& line : done) text += line + "\n";
  if (!byHand.empty()) text += std::string(done.empty() ? "" : "\n") + "For you to do, if you want it:\n";
  for (const std::string& line : byHand) text += "  " + line + "\n";
  return text;
}

net::Task<Result<TrustReport>> trust(net::Loop& loop, TrustOptions options, net::Wait wait) {
  ORBIT_CO_TRY(std::string pem, readFile(options.certificateFile, kPemBytesMax));
  ORBIT_CO_TRY(const Facts facts, readFacts(pem));
  Installer installer(loop, std::move(options), std::move(pem), facts, wait);
  TrustReport report = co_await installer.change();
  co_return report;
}

}  // namespace orbit::cert

#include "cert/shelf.h"

#include <algorithm>

#include "cert/core/limits.h"
#include "cert/files.h"
#include "format/format.h"

namespace orbit::cert {
namespace {

using format::Json;

constexpr std::int64_t kKeptExpiredUs = 30LL * 86'400 * 1'000'000;
constexpr std::size_t kNameBytesMax = 80;
constexpr std::size_t kDigestShown = 16;

std::string shelfOf(const std::string& folder) {
  return folder + "/certificates";
}

// The first host for people, a digest of all for us; the order they are written in does not matter.
std::string nameOf(std::vector<std::string> hosts, const std::string& authority) {
  std::sort(hosts.begin(), hosts.end());
  std::string name = hosts.front().substr(0, kNameBytesMax);
  std::replace(name.begin(), name.end(), '*', '_');
  std::replace(name.begin(), name.end(), '/', '_');
  return name + "-" + hex(sha256(authority + "\n" + join(hosts, "\n"))).substr(0, kDigestShown);
}

Result<Shelved> loadOne(const std::string& path) {
  ORBIT_TRY(const std::string about, readFile(path + "/about.json", kPemBytesMax));
  ORBIT_TRY(const std::string chain, readFile(path + "/chain.pem", kPemBytesMax));
  ORBIT_TRY(const std::string key, readFile(path + "/key.pem", kPemBytesMax));
  ORBIT_TRY(const Json facts, format::parseJson(about, path + "/about.json"));
  Shelved shelved{facts["hosts"].asStrings(), facts["authority"].asString(), facts["directory"].asString(), nullptr};
  if (shelved.hosts.empty()) return Error{Code::kInvalid, path + "/about.json names no host"};
  ORBIT_TRY(shelved.certificate, net::TlsCertificate::parse(chain, key, path + "/chain.pem"));
  return shelved;
}

}  // namespace

std::vector<Shelved> loadShelf(const std::string& folder, std::int64_t wallUs) {
  std::vector<Shelved> found;
  for (const std::string& name : listFolder(shelfOf(folder))) {
    const std::string path = shelfOf(folder) + "/" + name;
    if (startsWith(name, ".new-")) {  // of a process that ended while it wrote
      removeFolder(path);
      continue;
    }
    auto one = loadOne(path);
    if (!one.ok()) {
      log(Level::kWarning, "cert", "a kept certificate cannot be used: " + one.error().text());
      continue;
    }
    if (one->certificate->notAfterUs() + kKeptExpiredUs < wallUs) {
      removeFolder(path);
      continue;
    }
    found.push_back(std::move(one).value());
    if (found.size() >= kCertificatesMax) break;
  }
  std::stable_sort(found.begin(), found.end(), [](const Shelved& a, const Shelved& b) {
    return a.certificate->notAfterUs() > b.certificate->notAfterUs();
  });
  return found;
}

Result<Shelved> loadShelved(const std::string& folder, const std::vector<std::string>& hosts,
                            const std::string& authority) {
  return loadOne(shelfOf(folder) + "/" + nameOf(hosts, authority));
}

Status shelve(const std::string& folder, const std::vector<std::string>& hosts, const std::string& authority,
              const std::string& directory, const Pair& pair) {
  const Json about =
      Json::object({{"hosts", Json::strings(hosts)}, {"authority", authority}, {"directory", directory}});
  return replaceFolder(shelfOf(folder) + "/" + nameOf(hosts, authority),
                       {{"chain.pem", pair.chainPem}, {"key.pem", pair.keyPem}, {"about.json", about.dump(2) + "\n"}});
}

}  // namespace orbit::cert

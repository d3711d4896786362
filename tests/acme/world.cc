#include "world.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>

namespace orbit::acme_test {

using namespace std::chrono_literals;

World::World() {
  folder = "/tmp/orbit-acme-XXXXXX";
  ORBIT_CHECK(mkdtemp(folder.data()) != nullptr);
  acmePort_ = freePort();
  dnsPort = freePort();
  pace.look = 200ms;
  pace.lookAtFiles = 200ms;
  pace.backOff = {300ms, 2s, 300ms};
  tsigSecretFile = folder + "/tsig";
  writeText(tsigSecretFile, "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ=\n");
  makeAuthority();
  httpListener_ = std::move(net::Listener::tcp(loop, "127.0.0.1", 0)).value();
  tlsListener_ = std::move(net::Listener::tcp(loop, "127.0.0.1", 0)).value();
  httpPort_ = httpListener_->port();
  tlsPort_ = tlsListener_->port();
  tls_ = std::move(net::TlsServer::create({})).value();
  sessions_ = std::make_unique<net::TaskGroup>(loop);
  http::Handler handler = [this](http::Exchange& exchange) { return answerHttp(exchange); };
  loop.spawn(http::serve(loop, *httpListener_, std::move(handler), serversEnd_));
  loop.spawn(acceptTls());
  makeKeeper();
}

World::~World() {
  keeper_.reset();
  serversEnd_.request();
  sessions_.reset();
  auto settle = [](net::Loop& settling) -> net::Task<void> {
    const Status slept = co_await settling.sleep(20ms);
    static_cast<void>(slept);
  };
  loop.runTask(settle(loop));
  pebble_.end();
  knot_.end();
  std::filesystem::remove_all(folder);
}

// For pebble's own https.
void World::makeAuthority() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x = X509_new();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 86400);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("pebble"), -1, -1, 0);
  X509_set_issuer_name(x, name);
  X509_set_pubkey(x, key);
  for (const auto& [kind, value] : {std::pair{NID_basic_constraints, "critical,CA:TRUE"},
                                    std::pair{NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(x, key, EVP_sha256());
  FILE* file = std::fopen((folder + "/https.pem").c_str(), "w");
  PEM_write_X509(file, x);
  std::fclose(file);
  file = std::fopen((folder + "/https.key").c_str(), "w");
  PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
  EVP_PKEY_free(key);
  X509_free(x);
}

bool World::startPebble(int badNoncePercent) {
  writeText(folder + "/pebble.json", R"({"pebble":{"listenAddress":"127.0.0.1:)" + std::to_string(acmePort_) +
                                         R"(","managementListenAddress":"","certificate":")" + folder +
                                         R"(/https.pem","privateKey":")" + folder + R"(/https.key","httpPort":)" +
                                         std::to_string(httpPort_) + R"(,"tlsPort":)" + std::to_string(tlsPort_) +
                                         "}}");
  pebble_.start({"pebble", "-config", folder + "/pebble.json", "-dnsserver", "127.0.0.1:" + std::to_string(dnsPort)},
                {{"PEBBLE_VA_NOSLEEP", "1"},
                 {"PEBBLE_AUTHZREUSE", "0"},
                 {"PEBBLE_WFE_NONCEREJECT", std::to_string(badNoncePercent)}},
                folder + "/pebble.log");
  return awaitPort(acmePort_);
}

bool World::startKnot() {
  writeText(folder + "/example.test.zone",
            "$ORIGIN example.test.\n$TTL 5\n@ SOA ns.example.test. ops.example.test. 1 3600 600 86400 5\n@ NS ns\n"
            "@ A 127.0.0.1\n* A 127.0.0.1\nns A 127.0.0.1\n");
  std::string secret = readText(tsigSecretFile);
  secret.pop_back();
  std::filesystem::create_directories(folder + "/knot");
  writeText(
      folder + "/knot.conf",
      "server:\n  rundir: \"" + folder + "/knot\"\n  listen: 127.0.0.1@" + std::to_string(dnsPort) +
          "\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\nlog:\n  - target: stderr\n    any: info\n"
          "database:\n  storage: \"" +
          folder +
          "/knot\"\n"
          "key:\n  - id: orbit\n    algorithm: hmac-sha256\n    secret: " +
          secret +
          "\nacl:\n  - id: update\n    key: orbit\n    action: update\n"
          "zone:\n  - domain: example.test\n    file: \"" +
          folder +
          "/example.test.zone\"\n    acl: update\n"
          "    zonefile-sync: -1\n    journal-content: none\n    zonefile-load: whole\n");
  knot_.start({"knotd", "-c", folder + "/knot.conf"}, {}, folder + "/knot.log");
  return awaitPort(dnsPort);
}

model::TableAuthority World::authority(model::TableAuthority::Challenge challenge) const {
  model::TableAuthority authority;
  authority.name = "pebble";
  authority.directory = "https://localhost:" + std::to_string(acmePort_) + "/dir";
  authority.email = "ops@example.com";
  authority.caFile = folder + "/https.pem";
  authority.challenge = challenge;
  return authority;
}

model::TableAuthority World::byUpdate() const {
  model::TableAuthority authority = this->authority(model::TableAuthority::Challenge::kDns01);
  authority.dnsServer = "127.0.0.1:" + std::to_string(dnsPort);
  authority.tsigName = "orbit";
  authority.tsigAlgorithm = "hmac-sha256";
  authority.tsigSecretFile = tsigSecretFile;
  return authority;
}

std::string World::dnsHook() const {
  const std::string knotc = "knotc -s '" + folder + "/knot/knot.sock' ";
  writeText(folder + "/hook.sh",
            "set -e\nPATH=$PATH:/usr/sbin\n" + knotc + "zone-begin example.test\ncase $1 in\nadd) " + knotc +
                "zone-set example.test \"$2.\" 5 TXT \"\\\"$3\\\"\" ;;\nremove) " + knotc +
                "zone-unset example.test \"$2.\" TXT \"\\\"$3\\\"\" ;;\nesac\n" + knotc + "zone-commit example.test\n");
  return folder + "/hook.sh";
}

std::vector<std::string> World::challengeRecords(const std::string& host) {
  const std::string text =
      outputOf("PATH=$PATH:/usr/sbin knotc -s '" + folder + "/knot/knot.sock' zone-read example.test " +
               "_acme-challenge." + host + ". TXT 2>/dev/null | grep -v ^error");
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

model::TableCertificate World::certificate(std::vector<std::string> hosts) {
  return {std::move(hosts), "", "", "pebble"};
}

void World::makeKeeper() {
  keeper_.reset();
  cert::KeeperOptions options{folder + "/edge",
                              clock,
                              random_,
                              [this](std::shared_ptr<const net::TlsCertificates> set) {
                                set_ = set;
                                tls_->setCertificates(std::move(set));
                              },
                              [this](const std::string& token, const std::string& answer) {
                                if (answer.empty()) {
                                  answers_.erase(token);
                                } else {
                                  answers_[token] = answer;
                                }
                              },
                              pace};
  keeper_ = cert::Keeper::create(loop, std::move(options));
}

bool World::runUntil(const std::function<bool()>& done, Duration time) {
  auto body = [](World& world, const std::function<bool()>& finished, Duration most) -> net::Task<bool> {
    net::Cancel cancel;
    net::TaskGroup group(world.loop);
    group.add(world.keeper().run(cancel));
    const Instant end = world.loop.clock().now() + most;
    while (!finished() && world.loop.clock().now() < end) {
      const Status slept = co_await world.loop.sleep(20ms);
      static_cast<void>(slept);
    }
    cancel.request();
    co_await group.join();
    co_return finished();
  };
  return loop.runTask(body(*this, done, time));
}

std::shared_ptr<const net::TlsCertificate> World::served(const std::string& host) const {
  if (set_ == nullptr) return nullptr;
  for (const auto& row : set_->rows) {
    if (row.host == host) return row.certificate;
  }
  return nullptr;
}

cert::CertificateState World::state(const std::string& host) const {
  for (const auto& state : keeper_->states()) {
    if (std::find(state.hosts.begin(), state.hosts.end(), host) != state.hosts.end()) return state;
  }
  return {};
}

int World::issued() const {
  const std::string text = readText(folder + "/pebble.log");
  int count = 0;
  for (std::size_t at = text.rfind("Starting Pebble"); (at = text.find("Issued certificate", at + 1)) != text.npos;)
    ++count;
  return count;
}

std::string World::why(const std::string& host) const {
  return state(host).problem + "\n" + readText(folder + "/pebble.log") + readText(folder + "/knot.log");
}

net::Task<void> World::answerHttp(http::Exchange& exchange) {
  const std::string prefix = "/.well-known/acme-challenge/";
  const std::string target = exchange.request().target;
  const auto found = startsWith(target, prefix) ? answers_.find(target.substr(prefix.size())) : answers_.end();
  ++httpHits;
  const bool answers = answersHttp && found != answers_.end();
  http::Fields fields{{"Content-Type", "application/octet-stream"}};
  std::string body = answers ? found->second : "nothing here";
  const Status sent = co_await exchange.respond(answers ? 200 : 404, std::move(fields), std::move(body));
  static_cast<void>(sent);
}

net::Task<void> World::acceptTls() {
  while (!serversEnd_.requested()) {
    const net::Wait wait{Instant::max(), &serversEnd_};
    auto stream = co_await tlsListener_->accept(wait);
    if (stream.ok()) sessions_->add(answerTls(std::move(stream).value()));
  }
}

std::string World::fingerprintSeen(const std::string& host) {
  auto body = [](World& world, std::string name) -> net::Task<std::string> {
    net::Command command;
    command.arguments = {"/bin/sh", "-c",
                         "openssl s_client -connect 127.0.0.1:" + std::to_string(world.tlsPort_) + " -servername " +
                             name + " </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"};
    std::string text;
    net::Output output = [&text](bool, std::string_view bytes) { text += bytes; };
    const net::Wait wait{world.loop.clock().now() + 10s, nullptr};
    const auto exit = co_await net::runCommand(world.loop, std::move(command), nullptr, std::move(output), wait);
    EXPECT_TRUE(exit.ok());
    std::string fingerprint;
    for (const char c : lower(text.substr(text.find('=') + 1))) {
      if (c != ':' && c != '\n') fingerprint += c;
    }
    co_return fingerprint;
  };
  return loop.runTask(body(*this, host));
}

std::unique_ptr<net::Stream> World::connectTls() {
  auto body = [](World& world) -> net::Task<std::unique_ptr<net::Stream>> {
    net::Address address = net::Address::tcp("localhost", world.tlsPort_);
    net::Tls tls;
    tls.verify = false;
    address.tls = std::make_shared<const net::Tls>(std::move(tls));
    const net::Wait wait{world.loop.clock().now() + 10s, nullptr};
    auto stream = co_await net::connect(world.loop, std::move(address), wait);
    EXPECT_TRUE(stream.ok());
    if (!stream.ok()) co_return nullptr;
    co_return std::move(stream).value();
  };
  return loop.runTask(body(*this));
}

std::string World::echo(net::Stream& connection, const std::string& text) {
  auto body = [](net::Loop& looping, net::Stream& stream, std::string sent) -> net::Task<std::string> {
    const net::Wait wait{looping.clock().now() + 10s, nullptr};
    const Status written = co_await stream.write(sent, wait);
    std::string buffer(1024, '\0');
    const auto count = co_await stream.read(buffer, wait);
    co_return written.ok() && count.ok() ? buffer.substr(0, *count) : std::string();
  };
  return loop.runTask(body(loop, connection, text));
}

// The handshake is all that tls-alpn-01 looks at; others get back what they send.
net::Task<void> World::answerTls(std::unique_ptr<net::Stream> stream) {
  const auto session = tls_->accept();
  const net::Wait wait{loop.clock().now() + 60s, &serversEnd_};
  std::string buffer(16 * 1024, '\0');
  for (;;) {
    const auto count = co_await stream->read(buffer, wait);
    if (!count.ok() || *count == 0) co_return;
    std::string wire;
    std::string plain;
    const auto take = [&plain](std::string_view piece) { plain += piece; };
    session->feed(std::string_view(buffer).substr(0, *count), take, wire);
    if (!plain.empty()) session->write(plain, wire);
    if (session->protocol() == "acme-tls/1") ++tlsHits;
    const Status sent = co_await stream->write(wire, wait);
    if (!sent.ok()) co_return;
  }
}

}  // namespace orbit::acme_test

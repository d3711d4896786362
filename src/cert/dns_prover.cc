// dns-01: by dynamic update (RFC 2136) or by the user's own command.
#include <algorithm>

#include "cert/core/acme_problem.h"
#include "cert/core/jws.h"
#include "cert/core/limits.h"
#include "cert/dns_client.h"
#include "cert/files.h"
#include "cert/prover.h"

namespace orbit::cert {
namespace {

constexpr std::size_t kOutputShown = 200;

std::string recordName(const Proof& proof) {
  return "_acme-challenge." + proof.host;
}

class DnsProver : public Prover {
 public:
  explicit DnsProver(net::Loop& loop) : loop_(loop) {}
  std::string challenge() const override { return "dns-01"; }

  net::Task<Status> show(std::vector<Proof> proofs, net::Wait wait) override {
    for (const Proof& proof : proofs) {
      const Status added = co_await change(proof, true, wait);
      if (!added.ok()) co_return added;
    }
    const net::Wait bounded = wait.until(loop_.clock().now() + kDnsVisibleTime);
    for (const Proof& proof : proofs) {
      const Status seen = co_await awaitRecord(proof, bounded);
      if (!seen.ok()) co_return seen;
    }
    co_return Status{};
  }

  net::Task<void> withdraw(std::vector<Proof> proofs, net::Wait wait) override {
    for (const Proof& proof : proofs) {
      const Status removed = co_await change(proof, false, wait);
      if (removed.ok()) continue;
      log(Level::kWarning, "cert",
          "the TXT record " + recordName(proof) + " of a finished order stays: " + removed.error().text());
    }
  }

 protected:
  virtual net::Task<Status> change(Proof proof, bool add, net::Wait wait) = 0;
  // The servers that are to show a record, and its name after aliases.
  struct Watched {
    std::vector<DnsServer> servers;
    std::string name;
  };
  virtual net::Task<Result<Watched>> watched(std::string name, net::Wait wait) = 0;
  net::Loop& loop() { return loop_; }

 private:
  net::Task<Status> awaitRecord(Proof proof, net::Wait wait) {
    const std::string value = dnsProofValue(proof.keyAuthorization);
    const auto place = co_await watched(recordName(proof), wait);
    if (!place.ok()) co_return place.error();
    std::string missing = "no name server of it could be asked";
    for (;;) {
      std::size_t good = 0;
      std::size_t bad = 0;
      for (const DnsServer& server : place->servers) {
        const auto answer = co_await lookUp(loop_, server, place->name, DnsType::kTxt, false, wait);
        if (!answer.ok()) {
          missing = answer.error().message;
          continue;  // one that is down does not count, as long as another shows it
        }
        const bool there = std::any_of(answer->answers.begin(), answer->answers.end(), [&](const DnsRecord& record) {
          return record.is(DnsType::kTxt) && txtText(record.data) == value;
        });
        ++(there ? good : bad);
        if (!there) missing = server.text() + " does not show it";
      }
      if (good > 0 && bad == 0) co_return Status{};
      const Status slept = co_await loop_.sleep(kDnsPollPause, wait);
      if (!slept.ok() && slept.error().code == Code::kCancelled) co_return slept;
      if (!slept.ok()) {
        co_return Error{Code::kTimeout, "the TXT record " + place->name + " was set but cannot be seen: " + missing,
                        "is this the name server that the domain is delegated to?"};
      }
    }
  }

  net::Loop& loop_;
};

class UpdateProver final : public DnsProver {
 public:
  UpdateProver(net::Loop& loop, const Clock& clock, const model::TableAuthority& authority)
      : DnsProver(loop), clock_(clock), server_(authority.dnsServer), secretFile_(authority.tsigSecretFile) {
    key_.name = lower(authority.tsigName);
    if (endsWith(key_.name, ".")) key_.name.pop_back();
    key_.algorithm = authority.tsigAlgorithm.empty() ? "hmac-sha256" : lower(authority.tsigAlgorithm);
  }

 private:
  // Read each time, so that a new secret needs no restart.
  Result<TsigKey> readKey() const {
    ORBIT_TRY(const std::string text, readFile(secretFile_, kPemBytesMax));
    TsigKey key = key_;
    auto secret = base64Decode(text);
    if (!secret.ok()) {
      return Error{Code::kInvalid, "the TSIG secret in " + secretFile_ + " is not in base64",
                   "put only the secret there, as the name server's configuration has it"};
    }
    key.secret = std::move(secret).value();
    ORBIT_TRY_STATUS(checkTsigKey(key));
    return key;
  }

  net::Task<Status> change(Proof proof, bool add, net::Wait wait) override {
    ORBIT_CO_TRY(const DnsServer server, parseDnsServer(server_));
    ORBIT_CO_TRY(const TsigKey key, readKey());
    const auto place = co_await findZone(loop(), server, recordName(proof), false, wait);
    if (!place.ok()) co_return place.error();
    const std::string id = randomBytes(2);
    const auto number =
        static_cast<std::uint16_t>(static_cast<unsigned char>(id[0]) << 8 | static_cast<unsigned char>(id[1]));
    const std::string value = dnsProofValue(proof.keyAuthorization);
    ORBIT_CO_TRY(std::string plain, writeDns(dnsUpdate(number, place->zone, place->name, value, add)));
    std::string mac;
    ORBIT_CO_TRY(std::string wire, signDns(std::move(plain), key, clock_.wallUs() / 1'000'000, mac));
    const auto answer = co_await askDns(loop(), server, std::move(wire), wait);
    if (!answer.ok()) co_return answer.error();
    ORBIT_CO_TRY(const DnsMessage said, readDns(*answer));
    const Status genuine = verifyDns(*answer, key, clock_.wallUs() / 1'000'000, mac);
    if (!genuine.ok()) co_return genuine;
    if (said.code() == 0) co_return Status{};
    co_return Error{Code::kDenied,
                    "the name server " + server.text() + " refused to change " + place->name + " in " + place->zone +
                        ": " + std::string(dnsCodeName(said.code())),
                    "allow updates of this zone with the TSIG key " + key.name};
  }

  net::Task<Result<Watched>> watched(std::string name, net::Wait wait) override {
    ORBIT_CO_TRY(const DnsServer server, parseDnsServer(server_));
    const auto place = co_await findZone(loop(), server, name, false, wait);
    if (!place.ok()) co_return place.error();
    co_return Watched{{server}, place->name};
  }

  const Clock& clock_;
  std::string server_, secretFile_;
  TsigKey key_;
};

class HookProver final : public DnsProver {
 public:
  HookProver(net::Loop& loop, const model::TableAuthority& authority)
      : DnsProver(loop), hook_(authority.dnsHook), server_(authority.dnsServer) {}

 private:
  net::Task<Status> change(Proof proof, bool add, net::Wait wait) override {
    if (hook_.empty()) {
      co_return Error{Code::kInvalid, "this authority proves by DNS, but the table does not say how",
                      "give it a name server with a TSIG key, or a command"};
    }
    net::Command command;
    command.arguments = hook_;
    command.arguments.push_back(add ? "add" : "remove");
    command.arguments.push_back(recordName(proof));
    command.arguments.push_back(dnsProofValue(proof.keyAuthorization));
    std::string tail;
    net::Output output = [&tail](bool, std::string_view bytes) {
      tail += bytes;
      if (tail.size() > kOutputShown) tail.erase(0, tail.size() - kOutputShown);
    };
    const net::Wait bounded = wait.until(loop().clock().now() + kDnsHookTime);
    const auto exit = co_await net::runCommand(loop(), std::move(command), nullptr, std::move(output), bounded);
    if (!exit.ok()) co_return Error(exit.error()).within("the DNS command " + hook_.front());
    if (exit->status == 0) co_return Status{};
    co_return Error{Code::kDenied, "the DNS command " + hook_.front() + " ended with status " +
                                       std::to_string(exit->status) + ": " + printable(trim(tail))};
  }

  // The servers that the domain is delegated to, unless the table names one.
  net::Task<Result<Watched>> watched(std::string name, net::Wait wait) override {
    if (!server_.empty()) {
      ORBIT_CO_TRY(DnsServer server, parseDnsServer(server_));
      co_return Watched{{std::move(server)}, name};
    }
    Error last{Code::kUnavailable, "/etc/resolv.conf names no name server"};
    for (const DnsServer& resolver : systemNameServers()) {
      const auto place = co_await findZone(loop(), resolver, name, true, wait);
      if (!place.ok()) {
        last = place.error();
        continue;
      }
      const auto answer = co_await lookUp(loop(), resolver, place->zone, DnsType::kNs, true, wait);
      if (!answer.ok()) {
        last = answer.error();
        continue;
      }
      Watched found{{}, place->name};
      for (const DnsRecord& record : answer->answers) {
        if (record.is(DnsType::kNs) && found.servers.size() < kDnsServersMax) found.servers.push_back({record.target});
      }
      if (!found.servers.empty()) co_return found;
      last = {Code::kNotFound, "no name servers are known for " + place->zone};
    }
    co_return last;
  }

  std::vector<std::string> hook_;
  std::string server_;
};

}  // namespace

std::unique_ptr<Prover> makeDnsProver(net::Loop& loop, const Clock& clock, const model::TableAuthority& authority) {
  const bool update = authority.dnsHook.empty() && !authority.dnsServer.empty();
  if (!update) return std::make_unique<HookProver>(loop, authority);
  return std::make_unique<UpdateProver>(loop, clock, authority);
}

}  // namespace orbit::cert

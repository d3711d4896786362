#include "cert/prover.h"

#include "cert/core/x509.h"

namespace orbit::cert {
namespace {

class HttpProver final : public Prover {
 public:
  explicit HttpProver(EdgeAnswers answers) : answers_(std::move(answers)) {}
  std::string challenge() const override { return "http-01"; }
  net::Task<Status> show(std::vector<Proof> proofs, net::Wait) override {
    for (const Proof& proof : proofs) answers_.http(proof.token, proof.keyAuthorization);
    co_return Status{};
  }
  net::Task<void> withdraw(std::vector<Proof> proofs, net::Wait) override {
    for (const Proof& proof : proofs) answers_.http(proof.token, "");
    co_return;
  }

 private:
  EdgeAnswers answers_;
};

class TlsProver final : public Prover {
 public:
  TlsProver(const Clock& clock, EdgeAnswers answers) : clock_(clock), answers_(std::move(answers)) {}
  std::string challenge() const override { return "tls-alpn-01"; }
  net::Task<Status> show(std::vector<Proof> proofs, net::Wait) override {
    for (const Proof& proof : proofs) {
      const Pair pair = alpnProof(proof.host, proof.keyAuthorization, clock_.wallUs());
      auto certificate = net::TlsCertificate::parse(pair.chainPem, pair.keyPem, "the challenge for " + proof.host);
      if (!certificate.ok()) co_return certificate.error();
      answers_.tls(proof.host, std::move(certificate).value());
    }
    co_return Status{};
  }
  net::Task<void> withdraw(std::vector<Proof> proofs, net::Wait) override {
    for (const Proof& proof : proofs) answers_.tls(proof.host, nullptr);
    co_return;
  }

 private:
  const Clock& clock_;
  EdgeAnswers answers_;
};

}  // namespace

std::unique_ptr<Prover> Prover::create(net::Loop& loop, const Clock& clock, const model::TableAuthority& authority,
                                       EdgeAnswers answers) {
  using Challenge = model::TableAuthority::Challenge;
  if (authority.challenge == Challenge::kHttp01) return std::make_unique<HttpProver>(std::move(answers));
  if (authority.challenge == Challenge::kTlsAlpn01) return std::make_unique<TlsProver>(clock, std::move(answers));
  return makeDnsProver(loop, clock, authority);
}

}  // namespace orbit::cert

#include "cert/prover.h"
namespace orbit::cert {
namespace {
class DnsProver final : public Prover {
 public:
  std::string challenge() const override { return "dns-01"; }
  net::Task<Status> show(std::vector<Proof>, net::Wait) override {
    co_return Error{Code::kUnsupported, "dns-01 is not done yet"};
  }
  net::Task<void> withdraw(std::vector<Proof>, net::Wait) override { co_return; }
};
}  // namespace
std::unique_ptr<Prover> makeDnsProver(net::Loop&, const Clock&, const model::TableAuthority&) {
  return std::make_unique<DnsProver>();
}
}  // namespace orbit::cert

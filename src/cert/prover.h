// Shows an authority what it looks for, by one of the three challenges. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cert/core/acme.h"
#include "model/route_table.h"
#include "net/net.h"

namespace orbit::cert {

// The two that the edge itself answers.
struct EdgeAnswers {
  std::function<void(const std::string& token, const std::string& answer)> http;                 // "" removes
  std::function<void(const std::string& host, std::shared_ptr<const net::TlsCertificate>)> tls;  // null removes
};

class Prover {
 public:
  static std::unique_ptr<Prover> create(net::Loop& loop, const Clock& clock, const model::TableAuthority& authority,
                                        EdgeAnswers answers);
  virtual ~Prover() = default;
  virtual std::string challenge() const = 0;  // as the protocol names it
  // Resolves when the proofs can be seen from outside as far as we can tell.
  virtual net::Task<Status> show(std::vector<Proof> proofs, net::Wait wait) = 0;
  // Takes them away again; what fails is told in the log.
  virtual net::Task<void> withdraw(std::vector<Proof> proofs, net::Wait wait) = 0;
};

std::unique_ptr<Prover> makeDnsProver(net::Loop& loop, const Clock& clock, const model::TableAuthority& authority);

}  // namespace orbit::cert

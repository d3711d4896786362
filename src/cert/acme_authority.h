// An ACME server: its account on disk (`<folder>/accounts/<name>.{json,key}`), the way to it, and orders driven to
// their end. Thread rules: the thread of its Loop.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cert/core/acme.h"
#include "cert/core/x509.h"
#include "cert/prover.h"
#include "http/http.h"
#include "model/route_table.h"

namespace orbit::cert {

class AcmeAuthority {
 public:
  // Reads the account kept for this name and directory; without one a new key is made and kept.
  AcmeAuthority(net::Loop& loop, const Clock& clock, std::string folder, model::TableAuthority authority,
                std::unique_ptr<Prover> prover);

  struct Outcome {
    std::optional<Pair> pair;
    Failure failure;  // without a pair
  };
  // One certificate for these hosts. Several may run side by side.
  net::Task<Outcome> obtain(std::vector<std::string> hosts, net::Wait wait);
  const model::TableAuthority& settings() const { return authority_; }
  std::size_t running() const { return running_; }

 private:
  net::Task<void> drive(Order& order, bool& shown, net::Wait wait);
  net::Task<Result<AcmeAnswer>> exchange(AcmeRequest request, net::Wait wait);
  http::Client& clientFor(const std::string& host, int port);
  void saveAccount() const;

  net::Loop& loop_;
  const Clock& clock_;
  std::string folder_;
  model::TableAuthority authority_;
  std::unique_ptr<Prover> prover_;
  Account account_;
  std::map<std::string, std::unique_ptr<http::Client>> clients_;  // by host and port
  std::size_t running_ = 0;
};

}  // namespace orbit::cert

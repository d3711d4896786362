// The ACME client as a state machine without I/O (RFC 8555): it says what to send or do next and is told what came of
// it. One Order obtains one certificate; all orders of an authority share its Account. Thread rules: one owner.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "cert/core/crypto.h"

namespace orbit::cert {

struct AcmeRequest {
  std::string method;  // GET, HEAD, POST
  std::string url;
  std::string body;  // of POST: application/jose+json
};

struct AcmeAnswer {
  int status = 0;
  std::string nonce, location, retryAfter;  // fields of the head, "" when absent
  std::string body;
};

struct Account {
  std::string directoryUrl;
  std::string email;  // "" : none
  Key key;
  std::string url;        // the account's, "" until it is made
  std::string toldEmail;  // what the authority has

  struct Directory {
    std::string newNonce, newAccount, newOrder;
  };
  std::optional<Directory> directory;
  std::vector<std::string> nonces;  // the newest last
};

// One thing to show to the authority before it looks.
struct Proof {
  std::string host;  // without "*."
  std::string token;
  std::string keyAuthorization;
  std::string challengeUrl;
};

struct Failure {
  Error error;
  bool refused = false;    // the authority looked and said no
  Duration retryAfter{0};  // what it asked for
};

class Order {
 public:
  // `challenge` as the protocol names it: "http-01", "tls-alpn-01", "dns-01". `account` outlives the order.
  Order(Account& account, std::vector<std::string> hosts, std::string challenge);

  struct Step {
    enum class Kind {
      kRequest,  // send `request`, then answered() or unreachable()
      kPresent,  // show `proofs()`, then presented()
      kPause,    // wait for `pause`, then paused()
      kDone,     // chain() and key()
      kFailed,   // failure()
    } kind = Kind::kRequest;
    AcmeRequest request;
    Duration pause{0};
  };
  Step next();
  void answered(const AcmeAnswer& answer, std::int64_t wallUs);
  void unreachable(Error error);
  void abandon(Error error);  // cancelled, or out of time
  void presented(Status shown);
  void paused();

  const std::vector<Proof>& proofs() const { return proofs_; }
  const std::string& chain() const { return chain_; }
  const Key& key() const { return key_; }
  const Failure& failure() const { return *failure_; }
  // Whether the account's url or e-mail address changed since the last call: they are to be kept.
  bool takeAccountChanged() { return std::exchange(accountChanged_, false); }

 private:
  enum class Asked { kDirectory, kNonce, kAccount, kContact, kStage };
  enum class Stage { kNew, kAuthorizations, kPresent, kRespond, kValidate, kFinalize, kPoll, kDownload, kDone };

  Step post(Asked asked, const std::string& url, const std::string& payload);
  std::string stageUrl() const;
  std::string stagePayload() const;
  void refusedRequest(const AcmeAnswer& answer, std::int64_t wallUs);
  void takeDirectory(const AcmeAnswer& answer);
  void takeAccount(const AcmeAnswer& answer);
  void takeStage(const AcmeAnswer& answer, std::int64_t wallUs);
  void takeNewOrder(const AcmeAnswer& answer);
  void takeAuthorization(const AcmeAnswer& answer);
  void takeValidation(const AcmeAnswer& answer, std::int64_t wallUs);
  void takeOrder(const AcmeAnswer& answer, std::int64_t wallUs);
  void poll(const AcmeAnswer& answer, std::int64_t wallUs, const std::string& what);
  void disturbed(Error error, Duration retryAfter);
  void fail(Error error, bool refused = false, Duration retryAfter = Duration(0));

  Account& account_;
  const std::vector<std::string> hosts_;
  const std::string challenge_;
  Key key_;
  Asked asked_ = Asked::kDirectory;
  Stage stage_ = Stage::kNew;
  std::string orderUrl_, finalizeUrl_, certificateUrl_, chain_;
  std::vector<std::string> authorizations_;
  std::vector<std::string> pending_;  // authorizations that have a proof, in its order
  std::vector<Proof> proofs_;
  std::size_t index_ = 0;
  std::optional<Duration> pause_;
  int badNonces_ = 0, disturbances_ = 0, polls_ = 0;
  bool accountRemade_ = false, accountChanged_ = false;
  std::optional<Failure> failure_;
};

// Seconds or an HTTP date (RFC 9110 10.2.3) from now; 0 when absent, past or malformed.
Duration parseRetryAfter(const std::string& text, std::int64_t wallUs);

}  // namespace orbit::cert

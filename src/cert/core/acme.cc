#include "cert/core/acme.h"

#include <algorithm>
#include <charconv>
#include <ctime>

#include "cert/core/acme_problem.h"
#include "cert/core/jws.h"
#include "cert/core/limits.h"
#include "cert/core/x509.h"
#include "format/format.h"

namespace orbit::cert {
namespace {

using format::Json;

// POST-as-GET has an empty payload (RFC 8555 6.3).
constexpr std::string_view kReading;

Json bodyOf(const AcmeAnswer& answer) {
  auto parsed = format::parseJson(answer.body);
  return parsed.ok() ? std::move(parsed).value() : Json();
}

bool signedStageReads(const std::string& url) {
  return startsWith(url, "https://") || startsWith(url, "http://");
}

Error protocolError(const std::string& what) {
  return {Code::kProtocol, "the authority answered " + what, "is its directory URL right?"};
}

}  // namespace

Duration parseRetryAfter(const std::string& text, std::int64_t wallUs) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size()) {
    return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kRetryAfterSecondsMax));
  }
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (rest == nullptr || *rest != '\0') return Duration(0);
  seconds = static_cast<std::int64_t>(timegm(&parts)) - wallUs / 1'000'000;
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kRetryAfterSecondsMax));
}

Order::Order(Account& account, std::vector<std::string> hosts, std::string challenge)
    : account_(account), hosts_(std::move(hosts)), challenge_(std::move(challenge)), key_(Key::make()) {
  const auto wildcard = std::find_if(hosts_.begin(), hosts_.end(), [](const auto& h) { return startsWith(h, "*."); });
  if (wildcard != hosts_.end() && challenge_ != "dns-01") {
    fail({Code::kInvalid, *wildcard + " is a wildcard, which authorities prove by DNS only, not by " + challenge_,
          "give this authority the challenge dns-01, or name the hosts one by one"});
  }
}

Order::Step Order::next() {
  if (failure_) return {Step::Kind::kFailed, {}, Duration(0)};
  if (stage_ == Stage::kDone) return {Step::Kind::kDone, {}, Duration(0)};
  if (pause_) return {Step::Kind::kPause, {}, *pause_};
  if (stage_ == Stage::kPresent) return {Step::Kind::kPresent, {}, Duration(0)};
  if (!account_.directory) {
    asked_ = Asked::kDirectory;
    return {Step::Kind::kRequest, {"GET", account_.directoryUrl, {}}, Duration(0)};
  }
  if (account_.nonces.empty()) {
    asked_ = Asked::kNonce;
    return {Step::Kind::kRequest, {"HEAD", account_.directory->newNonce, {}}, Duration(0)};
  }
  const bool newAccount = account_.url.empty();
  if (newAccount || account_.toldEmail != account_.email) {
    Json wish = Json::object();
    if (newAccount) wish.set("termsOfServiceAgreed", true);
    Json contact = Json::array();
    if (!account_.email.empty()) contact.push("mailto:" + account_.email);
    wish.set("contact", contact);
    if (newAccount) return post(Asked::kAccount, account_.directory->newAccount, wish.dump());
    return post(Asked::kContact, account_.url, wish.dump());
  }
  return post(Asked::kStage, stageUrl(), stagePayload());
}

Order::Step Order::post(Asked asked, const std::string& url, const std::string& payload) {
  asked_ = asked;
  const std::string nonce = account_.nonces.back();
  account_.nonces.pop_back();
  const std::string& account = asked == Asked::kAccount ? std::string() : account_.url;
  return {Step::Kind::kRequest, {"POST", url, signedRequest(account_.key, account, nonce, url, payload)}, Duration(0)};
}

std::string Order::stageUrl() const {
  switch (stage_) {
    case Stage::kNew:
      return account_.directory->newOrder;
    case Stage::kAuthorizations:
      return authorizations_[index_];
    case Stage::kRespond:
      return proofs_[index_].challengeUrl;
    case Stage::kValidate:
      return pending_[index_];
    case Stage::kFinalize:
      return finalizeUrl_;
    case Stage::kPoll:
      return orderUrl_;
    default:
      return certificateUrl_;
  }
}

std::string Order::stagePayload() const {
  if (stage_ == Stage::kRespond) return "{}";
  if (stage_ == Stage::kFinalize) {
    return Json::object({{"csr", base64Url(certificateRequest(key_, hosts_))}}).dump();
  }
  if (stage_ != Stage::kNew) return std::string(kReading);
  Json names = Json::array();
  for (const std::string& host : hosts_) names.push(Json::object({{"type", "dns"}, {"value", host}}));
  return Json::object({{"identifiers", names}}).dump();
}

void Order::answered(const AcmeAnswer& answer, std::int64_t wallUs) {
  if (failure_) return;
  if (!answer.nonce.empty() && answer.nonce.size() <= kNonceBytesMax) {
    if (account_.nonces.size() >= kNoncesMax) account_.nonces.erase(account_.nonces.begin());
    account_.nonces.push_back(answer.nonce);
  }
  if (answer.status < 200 || answer.status > 299) return refusedRequest(answer, wallUs);
  disturbances_ = 0;
  switch (asked_) {
    case Asked::kDirectory:
      return takeDirectory(answer);
    case Asked::kNonce:
      if (answer.nonce.empty()) fail(protocolError("a request for a nonce without one"));
      return;
    case Asked::kAccount:
      return takeAccount(answer);
    case Asked::kContact:
      account_.toldEmail = account_.email;
      accountChanged_ = true;
      return;
    case Asked::kStage:
      return takeStage(answer, wallUs);
  }
}

void Order::refusedRequest(const AcmeAnswer& answer, std::int64_t wallUs) {
  const Problem problem = readProblem(bodyOf(answer));
  const Duration retryAfter = parseRetryAfter(answer.retryAfter, wallUs);
  if (problem.type == "badNonce") {
    // The ones kept from before are likely as old: go on with what came with the refusal, or ask for one.
    account_.nonces.clear();
    if (!answer.nonce.empty()) account_.nonces.push_back(answer.nonce);
    if (++badNonces_ > kBadNoncesMax) fail(problemError(problem, "the authority refuses one nonce after another"));
    return;
  }
  if (problem.type == "accountDoesNotExist" && asked_ != Asked::kAccount && !accountRemade_) {
    accountRemade_ = true;
    account_.url.clear();
    accountChanged_ = true;
    return;
  }
  if (problem.type == "orderNotReady" && asked_ == Asked::kStage && stage_ == Stage::kFinalize) {
    stage_ = Stage::kPoll;
    return poll(answer, wallUs, "the authority did not find the order ready in time");
  }
  if (answer.status >= 500) {
    return disturbed(problemError(problem, "the authority answered " + std::to_string(answer.status)), retryAfter);
  }
  if (answer.status == 429 || problem.type == "rateLimited") {
    Problem limited = problem;
    limited.type = "rateLimited";
    return fail(problemError(limited, "the authority asks for patience"), false, retryAfter);
  }
  if (asked_ == Asked::kContact) {
    // Not worth a certificate: told once a run.
    log(Level::kWarning, "cert", problemError(problem, "the authority did not take the new e-mail address").text());
    account_.toldEmail = account_.email;
    return;
  }
  const bool account = asked_ == Asked::kAccount;
  fail(problemError(problem, account ? "the authority made no account (status " + std::to_string(answer.status) + ")"
                                     : "the authority refused (status " + std::to_string(answer.status) + ")"),
       false, retryAfter);
}

void Order::takeDirectory(const AcmeAnswer& answer) {
  const Json body = bodyOf(answer);
  Account::Directory directory{body["newNonce"].asString(), body["newAccount"].asString(), body["newOrder"].asString()};
  for (const std::string* url : {&directory.newNonce, &directory.newAccount, &directory.newOrder}) {
    if (!signedStageReads(*url)) return fail(protocolError("no ACME directory at " + account_.directoryUrl));
  }
  if (body["meta"]["externalAccountRequired"].asBool() && account_.url.empty()) {
    return fail(problemError({"externalAccountRequired", ""}, "the authority gives accounts only to its customers"));
  }
  account_.directory = std::move(directory);
}

void Order::takeAccount(const AcmeAnswer& answer) {
  if (!signedStageReads(answer.location)) return fail(protocolError("a new account without its URL"));
  account_.url = answer.location;
  account_.toldEmail = account_.email;
  accountChanged_ = true;
}

void Order::takeStage(const AcmeAnswer& answer, std::int64_t wallUs) {
  switch (stage_) {
    case Stage::kNew:
      return takeNewOrder(answer);
    case Stage::kAuthorizations:
      return takeAuthorization(answer);
    case Stage::kRespond:
      if (++index_ < proofs_.size()) return;
      index_ = 0;
      stage_ = Stage::kValidate;
      pause_ = kFirstPoll;
      return;
    case Stage::kValidate:
      return takeValidation(answer, wallUs);
    case Stage::kFinalize:
    case Stage::kPoll:
      return takeOrder(answer, wallUs);
    default:
      if (answer.body.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
        return fail(protocolError("no certificate where it promised one"));
      }
      chain_ = answer.body;
      stage_ = Stage::kDone;
      return;
  }
}

void Order::takeNewOrder(const AcmeAnswer& answer) {
  const Json body = bodyOf(answer);
  orderUrl_ = answer.location;
  finalizeUrl_ = body["finalize"].asString();
  authorizations_ = body["authorizations"].asStrings();
  const bool sane = signedStageReads(orderUrl_) && signedStageReads(finalizeUrl_) &&
                    authorizations_.size() <= kAuthorizationsMax &&
                    std::all_of(authorizations_.begin(), authorizations_.end(), signedStageReads);
  if (!sane) return fail(protocolError("a new order without its parts"));
  index_ = 0;
  const std::string& status = body["status"].asString();
  if (status == "invalid") return fail(problemError(readProblem(body["error"]), "the order was refused"), true);
  stage_ = status == "ready" || authorizations_.empty() ? Stage::kFinalize : Stage::kAuthorizations;
  if (status == "processing" || status == "valid") stage_ = Stage::kPoll;
}

void Order::takeAuthorization(const AcmeAnswer& answer) {
  const Json body = bodyOf(answer);
  const std::string& status = body["status"].asString();
  const std::string host = printable(body["identifier"]["value"].asString());
  if (status == "pending") {
    std::vector<std::string> offered;
    Proof proof;
    for (const Json& challenge : body["challenges"].items()) {
      offered.push_back(printable(challenge["type"].asString()));
      if (challenge["type"].asString() != challenge_) continue;
      proof = {lower(host), challenge["token"].asString(), {}, challenge["url"].asString()};
    }
    // A token is base64url (RFC 8555 8.1): it becomes part of a path and of a digest.
    const bool clean = std::all_of(proof.token.begin(), proof.token.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
    if (!signedStageReads(proof.challengeUrl) || proof.token.empty() || proof.token.size() > kTokenBytesMax || !clean) {
      return fail({Code::kUnsupported,
                   "the authority offers no " + challenge_ + " for " + host + " (but " + join(offered, ", ") + ")",
                   "choose another challenge for this authority"});
    }
    proof.keyAuthorization = keyAuthorization(account_.key, proof.token);
    pending_.push_back(authorizations_[index_]);
    proofs_.push_back(std::move(proof));
  } else if (status != "valid") {
    return fail({Code::kDenied, "the authorization of " + host + " is " + printable(status)}, true);
  }
  if (++index_ < authorizations_.size()) return;
  index_ = 0;
  stage_ = proofs_.empty() ? Stage::kFinalize : Stage::kPresent;
}

void Order::takeValidation(const AcmeAnswer& answer, std::int64_t wallUs) {
  const Json body = bodyOf(answer);
  const std::string& status = body["status"].asString();
  const std::string& host = proofs_[index_].host;
  if (status == "pending" || status == "processing") {
    return poll(answer, wallUs, "the authority did not look at " + host + " in time");
  }
  if (status != "valid") {
    Problem problem{"", "the authorization is " + printable(status)};
    for (const Json& challenge : body["challenges"].items()) {
      if (challenge.has("error")) problem = readProblem(challenge["error"]);
    }
    return fail(problemError(problem, "the authority refused " + host + " by " + challenge_), true);
  }
  polls_ = 0;
  if (++index_ < pending_.size()) return;
  index_ = 0;
  stage_ = Stage::kFinalize;
}

void Order::takeOrder(const AcmeAnswer& answer, std::int64_t wallUs) {
  const Json body = bodyOf(answer);
  const std::string& status = body["status"].asString();
  if (status == "invalid") return fail(problemError(readProblem(body["error"]), "the order was refused"), true);
  if (status != "valid") {
    // "ready" once more: it did not take the request yet.
    stage_ = status == "ready" ? Stage::kFinalize : Stage::kPoll;
    return poll(answer, wallUs, "the authority did not make the certificate in time");
  }
  certificateUrl_ = body["certificate"].asString();
  if (!signedStageReads(certificateUrl_)) return fail(protocolError("a valid order without its certificate"));
  stage_ = Stage::kDownload;
}

void Order::poll(const AcmeAnswer& answer, std::int64_t wallUs, const std::string& what) {
  const Duration asked = parseRetryAfter(answer.retryAfter, wallUs);
  if (++polls_ > kPollsMax || asked > kPollMax) return fail({Code::kTimeout, what}, false, asked);
  const Duration grown = std::min<Duration>(kFirstPoll * polls_, kPollPauseMax);
  pause_ = std::max(asked, grown);
}

void Order::unreachable(Error error) {
  if (!failure_) disturbed(std::move(error), Duration(0));
}

void Order::abandon(Error error) {
  if (!failure_) fail(std::move(error));
}

// A few times in a row it is tried again at once; then the order is given up, and made anew later.
void Order::disturbed(Error error, Duration retryAfter) {
  if (++disturbances_ > kDisturbancesMax || retryAfter > kPollMax || stage_ == Stage::kNew) {
    return fail(std::move(error), false, retryAfter);
  }
  pause_ = std::max<Duration>(retryAfter, kDisturbedPause * disturbances_);
}

void Order::presented(Status shown) {
  if (!shown.ok()) return fail(shown.error());
  index_ = 0;
  stage_ = Stage::kRespond;
}

void Order::paused() {
  pause_.reset();
}

void Order::fail(Error error, bool refused, Duration retryAfter) {
  failure_ = Failure{std::move(error), refused, retryAfter};
}

}  // namespace orbit::cert

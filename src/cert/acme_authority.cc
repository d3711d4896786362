#include "cert/acme_authority.h"

#include "cert/core/limits.h"
#include "cert/files.h"
#include "format/format.h"

namespace orbit::cert {
namespace {

using format::Json;

std::string accountFile(const std::string& folder, const std::string& name) {
  return folder + "/accounts/" + format::percentEncode(name);
}

Account loadAccount(const std::string& folder, const model::TableAuthority& authority) {
  const std::string base = accountFile(folder, authority.name);
  Account account{authority.directory, authority.email, Key::make(), {}, {}, {}, {}};
  const auto about = readFile(base + ".json", kPemBytesMax);
  const auto pem = readFile(base + ".key", kPemBytesMax);
  if (about.ok() && pem.ok()) {
    const auto facts = format::parseJson(*about);
    auto key = Key::parse(*pem);
    if (facts.ok() && key.ok() && (*facts)["directory"].asString() == authority.directory) {
      account.key = std::move(key).value();
      account.url = (*facts)["url"].asString();
      account.toldEmail = (*facts)["email"].asString();
      return account;
    }
  }
  return account;
}

}  // namespace

AcmeAuthority::AcmeAuthority(net::Loop& loop, const Clock& clock, std::string folder, model::TableAuthority authority,
                             std::unique_ptr<Prover> prover)
    : loop_(loop),
      clock_(clock),
      folder_(std::move(folder)),
      authority_(std::move(authority)),
      prover_(std::move(prover)),
      account_(loadAccount(folder_, authority_)) {}

void AcmeAuthority::saveAccount() const {
  const std::string base = accountFile(folder_, authority_.name);
  const Json about =
      Json::object({{"directory", account_.directoryUrl}, {"url", account_.url}, {"email", account_.toldEmail}});
  // The key first: an account without its key is lost, a key without its account finds it again (RFC 8555 7.3.1).
  Status saved = writeFile(base + ".key", account_.key.pem());
  if (saved.ok()) saved = writeFile(base + ".json", about.dump(2) + "\n");
  if (!saved.ok())
    log(Level::kError, "cert", "the account at " + authority_.name + " is not kept: " + saved.error().text());
}

net::Task<AcmeAuthority::Outcome> AcmeAuthority::obtain(std::vector<std::string> hosts, net::Wait wait) {
  struct Count {
    std::size_t& running;
    explicit Count(std::size_t& number) : running(number) { ++running; }
    ~Count() { --running; }
  };
  const Count count(running_);
  Order order(account_, std::move(hosts), prover_->challenge());
  bool shown = false;
  co_await drive(order, shown, wait);
  if (shown) {
    const net::Wait tidying{loop_.clock().now() + kTidyTime, nullptr};
    co_await prover_->withdraw(order.proofs(), tidying);
  }
  Outcome outcome;
  if (order.next().kind == Order::Step::Kind::kDone) {
    outcome.pair = Pair{order.chain(), order.key().pem()};
  } else {
    account_.directory.reset();  // asked for again next time: it may have moved
    outcome.failure = order.failure();
  }
  co_return outcome;
}

net::Task<void> AcmeAuthority::drive(Order& order, bool& shown, net::Wait wait) {
  for (;;) {
    const Order::Step step = order.next();
    if (step.kind == Order::Step::Kind::kDone || step.kind == Order::Step::Kind::kFailed) co_return;
    if (step.kind == Order::Step::Kind::kRequest) {
      const Result<AcmeAnswer> answer = co_await exchange(step.request, wait);
      if (answer.ok()) {
        order.answered(*answer, clock_.wallUs());
      } else if (answer.error().code == Code::kCancelled) {
        order.abandon(answer.error());
      } else {
        order.unreachable(answer.error());
      }
      if (order.takeAccountChanged()) saveAccount();
    } else if (step.kind == Order::Step::Kind::kPresent) {
      shown = true;
      Status done = co_await prover_->show(order.proofs(), wait);
      order.presented(std::move(done));
    } else {
      const Status slept = co_await loop_.sleep(step.pause, wait);
      if (slept.ok()) order.paused();
      if (!slept.ok()) order.abandon(Error(slept.error()).within("the order was not finished in time"));
    }
  }
}

http::Client& AcmeAuthority::clientFor(const std::string& host, int port) {
  auto& client = clients_[host + ":" + std::to_string(port)];
  if (client == nullptr) {
    net::Address address = net::Address::tcp(host, port);
    net::Tls tls;
    tls.caFile = authority_.caFile;
    address.tls = std::make_shared<const net::Tls>(std::move(tls));
    client = std::make_unique<http::Client>(loop_, std::move(address));
  }
  return *client;
}

net::Task<Result<AcmeAnswer>> AcmeAuthority::exchange(AcmeRequest wanted, net::Wait wait) {
  const auto url = format::parseUrl(wanted.url);
  if (!url || url->scheme != "https" || !url->userInfo.empty()) {
    co_return Error{Code::kInvalid, "the authority " + authority_.name + " names a URL that is not https",
                    "give the https URL of its directory"};
  }
  const int port = url->port == 0 ? kHttpsPort : url->port;
  http::Client& client = clientFor(url->host, port);
  http::Request request;
  request.head.method = wanted.method;
  request.head.target = url->path.empty() ? "/" : url->path.substr(0, url->path.find('#'));
  request.head.fields.set("User-Agent", "orbit/" ORBIT_VERSION);
  if (port == kHttpsPort) request.head.fields.set("Host", url->host);
  if (wanted.method == "POST") request.head.fields.set("Content-Type", "application/jose+json");
  request.body = std::move(wanted.body);
  const net::Wait bounded = wait.until(loop_.clock().now() + kAcmeRequestTime);
  auto answer = co_await client.send(std::move(request), bounded);
  if (!answer.ok()) co_return std::move(answer).error();
  const http::Fields& fields = (*answer)->head().fields;
  AcmeAnswer taken{(*answer)->head().status,
                   std::string(fields.get("Replay-Nonce")),
                   std::string(fields.get("Location")),
                   std::string(fields.get("Retry-After")),
                   {}};
  auto body = co_await (*answer)->readAll(kAcmeBodyBytesMax, bounded);
  if (!body.ok()) co_return std::move(body).error();
  taken.body = std::move(body).value();
  co_return taken;
}

}  // namespace orbit::cert

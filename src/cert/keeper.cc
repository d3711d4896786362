// The keeper: entries by identity, authorities by name, a look at all of them every minute and whenever something
// changed.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "cert/acme_authority.h"
#include "cert/cert.h"
#include "cert/core/limits.h"
#include "cert/entry.h"
#include "cert/local_authority.h"
#include "cert/shelf.h"

namespace orbit::cert {
namespace {

using Certificate = std::shared_ptr<const net::TlsCertificate>;

bool sameSettings(const model::TableAuthority& a, const model::TableAuthority& b) {
  return a.directory == b.directory && a.email == b.email && a.caFile == b.caFile && a.challenge == b.challenge &&
         a.dnsServer == b.dnsServer && a.tsigName == b.tsigName && a.tsigAlgorithm == b.tsigAlgorithm &&
         a.tsigSecretFile == b.tsigSecretFile && a.dnsHook == b.dnsHook;
}

class FolderKeeper final : public Keeper {
 public:
  FolderKeeper(net::Loop& loop, KeeperOptions options)
      : loop_(loop), options_(std::move(options)), changed_(loop), orders_(loop) {}

  void want(const std::vector<model::TableCertificate>& certificates,
            const std::vector<model::TableAuthority>& authorities) override {
    if (!loaded_) load();
    setAuthorities(authorities);
    std::map<std::string, std::shared_ptr<Entry>> before;
    for (const auto& entry : entries_) before.emplace(identityOf(entry->want), entry);
    entries_.clear();
    std::set<std::string> seen;
    for (model::TableCertificate wanted : certificates) {
      for (std::string& host : wanted.hosts) host = lower(host);
      const std::string identity = identityOf(wanted);
      if (!seen.insert(identity).second) continue;
      const auto old = before.find(identity);
      entries_.push_back(old == before.end() ? makeEntry(std::move(wanted)) : old->second);
      if (old != before.end()) before.erase(old);
      const auto authority = authorities_.find(entries_.back()->want.authority);
      entries_.back()->wantedDirectory =
          authority == authorities_.end() ? std::string() : authority->second->settings().directory;
    }
    for (const auto& [identity, entry] : before) {
      entry->wanted = false;
      if (entry->current != nullptr && !entry->files) keepSpare(entry->current);
    }
    shelf_.clear();
    look();
    publish();
    changed_.notifyAll();
  }

  std::vector<CertificateState> states() const override {
    std::vector<CertificateState> all;
    for (const auto& entry : entries_) all.push_back(entry->state(options_.clock.wallUs(), loop_.clock().now()));
    return all;
  }

  net::Task<void> run(net::Cancel& cancel) override {
    if (orders_.running() == 0) ordersEnd_ = std::make_unique<net::Cancel>();
    const net::Cancel::Registration ends(&cancel, [this] { ordersEnd_->request(); });
    while (!cancel.requested()) {
      if (look()) publish();
      startOrders();
      const net::Wait pause{nextLook(), &cancel};
      Status woken;
      if (localsWait_) woken = co_await loop_.sleep(kLocalsPause, pause);
      if (!localsWait_) woken = co_await changed_.wait(pause);
      static_cast<void>(woken);
    }
    co_await orders_.join();
  }

 private:
  std::shared_ptr<Entry> makeEntry(model::TableCertificate wanted) {
    auto entry = std::make_shared<Entry>();
    entry->want = std::move(wanted);
    if (!entry->want.certificateFile.empty()) {
      entry->files.emplace(entry->want.certificateFile, entry->want.keyFile, entry->want.hosts);
      return entry;
    }
    if (entry->want.authority == "local" || entry->want.hosts.empty()) return entry;
    const auto found = shelf_.find(identityOf(entry->want));
    auto kept = found != shelf_.end() ? Result<Shelved>(found->second)
                                      : loadShelved(options_.folder, entry->want.hosts, entry->want.authority);
    if (!kept.ok()) return entry;
    entry->current = kept->certificate;
    entry->directory = kept->directory;
    return entry;
  }

  // What earlier runs obtained, before any network is touched.
  void load() {
    loaded_ = true;
    for (Shelved& one : loadShelf(options_.folder, options_.clock.wallUs())) {
      model::TableCertificate same;
      same.hosts = one.hosts;
      same.authority = one.authority;
      keepSpare(one.certificate);
      shelf_.emplace(identityOf(same), std::move(one));
    }
  }

  // For hosts whose own certificate is still to come.
  void keepSpare(const Certificate& certificate) {
    for (const std::string& host : certificate->hosts()) {
      Certificate& spare = spare_[host];
      if (spare == nullptr || spare->notAfterUs() < certificate->notAfterUs()) spare = certificate;
    }
  }

  Certificate spareFor(const std::string& host) const {
    const std::int64_t now = options_.clock.wallUs();
    const std::size_t dot = host.find('.');
    for (const std::string& name : {host, dot == std::string::npos ? host : "*" + host.substr(dot)}) {
      const auto found = spare_.find(name);
      if (found != spare_.end() && found->second->notAfterUs() > now) return found->second;
    }
    return nullptr;
  }

  void setAuthorities(const std::vector<model::TableAuthority>& authorities) {
    std::map<std::string, std::shared_ptr<AcmeAuthority>> next;
    for (const model::TableAuthority& wanted : authorities) {
      const auto old = authorities_.find(wanted.name);
      if (old != authorities_.end() && sameSettings(old->second->settings(), wanted)) {
        next.emplace(wanted.name, old->second);
        continue;
      }
      EdgeAnswers answers;
      answers.http = options_.httpAnswer;
      answers.tls = [this](const std::string& host, Certificate certificate) {
        if (certificate == nullptr) challenges_.erase(host);
        if (certificate != nullptr) challenges_[host] = std::move(certificate);
        publish();
      };
      auto prover = Prover::create(loop_, options_.clock, wanted, std::move(answers));
      next.emplace(wanted.name,
                   std::make_shared<AcmeAuthority>(loop_, options_.clock, options_.folder, wanted, std::move(prover)));
      // New settings deserve a new try.
      for (const auto& entry : entries_) {
        if (entry->want.authority == wanted.name) entry->nextTry = Instant{};
      }
    }
    authorities_ = std::move(next);
  }

  // Files, and local certificates as many as there is time for. True: there is something new to serve.
  bool look() {
    bool any = false;
    localsWait_ = false;
    std::size_t locals = 0;
    const Instant now = loop_.clock().now();
    const bool filesDue = now >= filesLookedAt_ + options_.pace.lookAtFiles;
    if (filesDue) filesLookedAt_ = now;
    if (filesDue && issuer_) checkIssuer();
    for (const auto& entry : entries_) {
      if (entry->files) {
        if ((filesDue || entry->current == nullptr) && entry->files->refresh()) {
          any = any || entry->current != entry->files->certificate();
          entry->current = entry->files->certificate();
        }
      } else if (entry->want.authority == "local" && entry->due(options_.clock.wallUs()) && now >= entry->nextTry) {
        localsWait_ = ++locals > kLocalsAtOnce;
        if (!localsWait_) any = issueLocal(*entry) || any;
      } else if (entry->failures > 0 && !entry->due(options_.clock.wallUs())) {
        entry->failures = 0;  // the clock was wrong, or the table is back at what is at hand
        entry->nextTry = Instant{};
        entry->problem.clear();
      }
    }
    return any;
  }

  // An authority made anew takes the place of the old one: what it signed is issued again.
  void checkIssuer() {
    const Stamp stamp = stampOf(localAuthorityFile(options_.folder));
    if (stamp == issuerStamp_) return;
    issuer_.reset();
    for (const auto& entry : entries_) {
      if (entry->want.authority != "local") continue;
      entry->reissue = true;
      entry->nextTry = Instant{};
    }
  }

  bool issueLocal(Entry& entry) {
    auto made = makeLocal(entry.want.hosts);
    if (!made.ok()) {
      failed(entry, {made.error(), false, Duration(0)});
      return false;
    }
    entry.current = std::move(made).value();
    entry.reissue = false;
    entry.failures = 0;
    entry.problem.clear();
    return true;
  }

  Result<Certificate> makeLocal(const std::vector<std::string>& hosts) {
    for (const std::string& host : hosts) {
      if (isLocalName(host)) continue;
      return Error{Code::kInvalid, "the local authority makes certificates for *.localhost only, not for " + host,
                   "give this host an ACME authority or a certificate of its own"};
    }
    const std::int64_t now = options_.clock.wallUs();
    if (!issuer_) {
      ORBIT_TRY(const Pair authority, openLocalAuthority(options_.folder, now));
      ORBIT_TRY(issuer_, Issuer::open(authority));
      issuerStamp_ = stampOf(localAuthorityFile(options_.folder));
    }
    const Pair pair = issuer_->issue(hosts, now);
    return net::TlsCertificate::parse(pair.chainPem, pair.keyPem, hosts.front());
  }

  void startOrders() {
    const Instant now = loop_.clock().now();
    for (const auto& entry : entries_) {
      if (entry->files || entry->want.authority == "local" || entry->trying || now < entry->nextTry) continue;
      if (!entry->due(options_.clock.wallUs())) continue;
      const auto authority = authorities_.find(entry->want.authority);
      if (authority == authorities_.end()) {
        failed(*entry, {{Code::kInvalid, "the table has no authority named " + entry->want.authority}, false, {}});
        continue;
      }
      if (authority->second->running() >= kOrdersMax) continue;
      entry->trying = true;
      orders_.add(obtain(entry, authority->second));
    }
  }

  net::Task<void> obtain(std::shared_ptr<Entry> entry, std::shared_ptr<AcmeAuthority> authority) {
    const net::Wait wait{loop_.clock().now() + kOrderTime, ordersEnd_.get()};
    AcmeAuthority::Outcome outcome = co_await authority->obtain(entry->want.hosts, wait);
    if (outcome.pair) {
      Status saved;
      const std::string& directory = authority->settings().directory;
      co_await loop_.offload(
          [&] { saved = shelve(options_.folder, entry->want.hosts, entry->want.authority, directory, *outcome.pair); });
      obtained(*entry, *outcome.pair, directory, saved);
    } else if (outcome.failure.error.code != Code::kCancelled) {
      failed(*entry, outcome.failure);
    }
    entry->trying = false;  // only now: while it was being kept, it was still due
    changed_.notifyAll();
  }

  void obtained(Entry& entry, const Pair& pair, const std::string& directory, const Status& saved) {
    auto parsed =
        net::TlsCertificate::parse(pair.chainPem, pair.keyPem, "the certificate from " + entry.want.authority);
    if (!parsed.ok()) return failed(entry, {parsed.error(), false, Duration(0)});
    for (const std::string& host : entry.want.hosts) {
      if (covers(**parsed, host)) continue;
      return failed(entry, {{Code::kProtocol, "the certificate obtained is not for " + host}, false, Duration(0)});
    }
    entry.current = std::move(parsed).value();
    entry.directory = directory;
    log(Level::kInfo, "cert",
        "obtained a certificate for " + entry.name() + " from " + entry.want.authority + ", good until " +
            wallText(entry.current->notAfterUs()));
    entry.failures = 0;
    entry.problem.clear();
    if (!saved.ok()) {
      entry.problem = "it is served but not kept on disk: " + saved.error().text();
      log(Level::kError, "cert", entry.name() + ": " + entry.problem);
    }
    if (entry.due(options_.clock.wallUs())) {
      failed(entry, {{Code::kConflict,
                      "the certificate just obtained ends on " + wallText(entry.current->notAfterUs()) +
                          " and would have to be renewed at once",
                      "set this machine's clock"},
                     true,
                     kWrongClockRetry});
    }
    if (entry.wanted) publish();
  }

  void failed(Entry& entry, const Failure& failure) {
    ++entry.failures;
    const Duration delay =
        retryDelay(options_.pace.backOff, entry.failures, failure.refused, failure.retryAfter, options_.random);
    entry.nextTry = loop_.clock().now() + delay;
    entry.problem = failure.error.message;
    if (!failure.error.hint.empty()) entry.problem += " (" + failure.error.hint + ")";
    log(Level::kWarning, "cert",
        "no certificate for " + entry.name() + " from " + entry.authority() + ": " + entry.problem + "; next try in " +
            spanText(delay));
  }

  void publish() {
    const bool whole =
        std::all_of(entries_.begin(), entries_.end(), [](const auto& e) { return e->current != nullptr; });
    if (whole) spare_.clear();
    auto set = std::make_shared<net::TlsCertificates>();
    for (const auto& entry : entries_) {
      const bool named = !entry->want.hosts.empty();
      if (!named && entry->current == nullptr) continue;
      for (const std::string& host : named ? entry->want.hosts : entry->current->hosts()) {
        Certificate certificate = entry->current != nullptr ? entry->current : spareFor(host);
        if (certificate != nullptr) set->rows.push_back({host, std::move(certificate)});
      }
    }
    // The table's first: what clients without SNI get.
    if (!set->rows.empty()) set->fallback = set->rows.front().certificate;
    for (const auto& [host, certificate] : challenges_) set->challenges.push_back({host, certificate});
    options_.changed(std::move(set));
  }

  Instant nextLook() const {
    const Instant now = loop_.clock().now();
    Instant next = now + options_.pace.look;
    for (const auto& entry : entries_) {
      if (entry->files || issuer_) next = std::min(next, filesLookedAt_ + options_.pace.lookAtFiles);
      if (entry->failures > 0 && entry->nextTry > now) next = std::min(next, entry->nextTry);
    }
    return next;
  }

  net::Loop& loop_;
  KeeperOptions options_;
  net::Condition changed_;
  std::vector<std::shared_ptr<Entry>> entries_;  // in the order of the table
  std::map<std::string, std::shared_ptr<AcmeAuthority>> authorities_;
  std::unordered_map<std::string, Shelved> shelf_;      // by identity
  std::unordered_map<std::string, Certificate> spare_;  // by name in a certificate
  std::map<std::string, Certificate> challenges_;       // by host
  std::optional<Issuer> issuer_;
  Stamp issuerStamp_;
  bool loaded_ = false;
  bool localsWait_ = false;  // more are to be made than the loop has time for at once
  Instant filesLookedAt_{};
  std::unique_ptr<net::Cancel> ordersEnd_;  // of this run
  net::TaskGroup orders_;                   // last: it goes first
};

}  // namespace

std::unique_ptr<Keeper> Keeper::create(net::Loop& loop, KeeperOptions options) {
  return std::make_unique<FolderKeeper>(loop, std::move(options));
}

}  // namespace orbit::cert

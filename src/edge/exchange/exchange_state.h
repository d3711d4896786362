// The one implementation of Exchange. Private to exchange/; its parts: exchange.cc (the way of a request),
// attempts.cc (whom to ask, and again), answer.cc (what the client gets), vitals.cc (a page's tag and its beacons),
// report.cc (signals and the log line).
// Thread rules: the worker's thread.
#pragma once
#include <array>
#include <string>

#include "edge/exchange/exchange.h"
#include "edge/upstream/attempt.h"
#include "edge/vitals/vitals.h"
#include "edge/worker/runtime.h"
#include "signal/signal.h"

namespace orbit::edge {

class ExchangeState final : public Exchange, public AttemptOwner, public Resumable, private net::Timer {
 public:
  // `place`: among the worker's exchanges.
  ExchangeState(Worker& worker, std::size_t place) : worker_(worker), place_(place) {}
  std::size_t place() const { return place_; }
  void moveTo(std::size_t place) { place_ = place; }
  void begin(const ClientFacts& facts);
  void answerTo(ClientStream& client) { client_ = &client; }

  void onRequest(http::RequestIndex& head, bool endOfBody) override;
  void onRequestBody(std::string_view bytes) override;
  void onRequestEnd(std::string_view trailerLines) override;
  void onRequestBroken(int status, std::string_view why) override;
  void onClientWritable() override;
  void onClientGone() override;
  void onAnswerSent() override;

  void onAttemptReady(std::string& out) override;
  void onAttemptInterim(http::ResponseIndex& head) override;
  void onAttemptHead(http::ResponseIndex& head, bool end) override;
  void onAttemptBody(std::string_view bytes) override;
  void onAttemptEnd(std::string_view trailerLines) override;
  void onAttemptFailed(AttemptFailure failure) override;
  void onAttemptWritable() override;

  void onResume() override;

  void reportRefused(const ClientFacts& facts, const http::RequestIndex& head, int status);
  // A tunnel whose release takes no more visitors: ended when its service's grace is over.
  void checkTunnel(const TableRuntime& current);

 private:
  enum class Phase : std::uint8_t { kFree, kPaused, kAsking, kAnswering, kTunnel, kLocal };
  enum class Choosing : std::uint8_t { kFirst, kRetry, kShield };

  // exchange.cc
  void route();
  bool answerAcme();
  bool answerRedirect();
  bool misdirected() const;
  void forward(int service);
  bool pauses(const model::TableService& service) const;
  bool waitIfPaused();
  void onTimer() override;
  void leavePaused();
  void beginCounting();
  void endTunnelHalf();
  void maybeFree();
  std::size_t watchTunnel(std::string_view bytes);
  bool betweenFrames() const { return frameLeft_ == 0 && frameHeadSize_ == 0; }
  void closeTunnel();

  // attempts.cc
  void ask();
  const ServiceState* currentService() const;
  void useCurrentTable();
  const ReleaseState* askedRelease(const ServiceState& state) const;
  Choice chooseInstance(Choosing choosing, const ServiceState& state);
  void startAttempt(const Choice& choice);
  void endAttemptBody();
  void endAttempt(signal::Outcome outcome, int status);
  bool mayShield() const;
  bool tryShield(signal::Outcome outcome, int status);
  bool tryRetry(AttemptFailure failure);
  void answerFailure(AttemptFailure failure);

  // answer.cc
  void answerLocal(int status, std::string_view fieldLines, std::string_view body);
  void answerPage(int status, std::string_view why, bool fromUpstream, std::string_view extraLines);
  void answerHead(http::ResponseIndex& head, bool end);
  void cookieLines(std::string& out) const;
  bool answerPin();
  bool isProbe() const;
  void cutAnswer();
  const http::FieldIndex* cookie() const;

  // vitals.cc
  bool answerVitals();
  void answerBeacon();
  void reportVitals(const Beacon& beacon);
  void beginTag(http::ResponseIndex& head);
  std::size_t sendTagged(std::string_view bytes);

  // report.cc
  void makeRequestId();
  void reportRequest(signal::Outcome outcome);
  bool overThreshold(std::uint64_t latencyUs) const;  // of its route's objective
  void reportAttempt(signal::Outcome outcome, int status);
  signal::SeriesId requestSeries(WorkerTable& table);
  signal::SeriesId attemptSeries(WorkerTable& table);
  RouteSeries& routeSeries(WorkerTable& table);
  std::string_view routeName() const;

  const ServiceState* service() const {
    return service_ < 0 ? nullptr : servicePin_->runtime->services[static_cast<std::size_t>(service_)].get();
  }
  ServiceDesk& desk() { return *servicePin_->desks[static_cast<std::size_t>(service_)]; }
  std::uint64_t sinceUs(Instant from) const;

  Worker& worker_;
  std::size_t place_;
  ClientStream* client_ = nullptr;
  const ClientFacts* facts_ = nullptr;
  http::RequestIndex request_;
  TablePin table_;       // whose routes apply
  TablePin servicePin_;  // whose services: a newer one after a pause or for another attempt
  int service_ = -1;
  const CompiledRoute* compiled_ = nullptr;
  Decision decision_;
  http::ClientOrigin origin_;
  Phase phase_ = Phase::kFree;

  // Of the attempt under way, or the last.
  Attempt* attempt_ = nullptr;
  Choice choice_;
  bool attemptReady_ = false;
  bool attemptTunnel_ = false;
  Instant attemptStart_{};
  std::uint64_t attemptBytesOut_ = 0;  // of its answer's body
  int attempts_ = 0;
  int retries_ = 0;
  bool shielded_ = false;
  signal::Record::Attempt lastAttempt_;  // waits for the request's record

  // Of the client's side.
  bool clientGone_ = false;
  bool headSent_ = false;
  bool answerEnded_ = false;
  bool requestEnded_ = false;
  bool bodyUsed_ = false;  // a byte of the request's body went to an instance
  bool readingPaused_ = false;
  bool stream_ = false;  // latency is taken at the head
  bool reported_ = false;
  bool attemptReported_ = false;
  bool upstreamEnded_ = false;
  bool noBody_ = false;     // the answer has none
  bool probe_ = false;      // asked by Orbit itself
  bool own_ = false;        // a script or beacon of ours: no request of the service's
  bool beacon_ = false;     // its body is awaited
  bool tagWanted_ = false;  // a page is asked for, and is to get a tag
  bool tagging_ = false;    // it is not in yet
  HeadFinder headFinder_;
  std::string tag_;
  int status_ = 0;
  Instant start_{};
  std::int64_t startWallUs_ = 0;
  std::uint64_t latencyUs_ = 0;  // of a stream
  std::uint64_t upstreamUs_ = 0;
  std::uint64_t bytesIn_ = 0, bytesOut_ = 0;
  std::size_t owed_ = 0;  // body bytes not yet told to the client as used
  std::string held_;      // the request's body until there is a connection
  std::string trailers_;  // of the request
  std::string page_;      // a body of our own
  std::array<std::uint8_t, 16> requestId_{};
  std::string requestIdText_;
  bool idGiven_ = false;  // it came with the request

  // Server-to-client frames of a WebSocket (RFC 6455 5.2): whether we stand between two of them.
  bool webSocket_ = false;
  bool closeWanted_ = false;
  std::uint64_t frameLeft_ = 0;
  std::uint8_t frameHeadSize_ = 0;
  std::array<std::uint8_t, 14> frameHead_{};
};

}  // namespace orbit::edge

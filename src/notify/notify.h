// The door of notify: brings notices to people. Who is told of what (routing), what each kind of receiver is sent, what
// its answer means, when it is tried again, and an outbox that neither loses a notice nor sends one twice.
//
// Promises. A notice is kept until its receiver acknowledged it, was given up (parked, which is told by another route),
// or refused it. None is sent again after an acknowledgement. A process that dies between a send and its answer sends
// that one notice once more, never twice.
//
// Receivers at private addresses are refused unless they are allowed to be there: the address that is really connected
// to is what counts, whatever the name said before. Redirects are not followed, proxies not used; an attempt has 10 s.
// Thread rules: Courier's own thread talks to the network; everything else is the thread of the Loop.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "format/json.h"
#include "model/alerting.h"
#include "model/notice.h"
#include "net/net.h"

namespace orbit::notify {

// Which of an environment's receivers a notice goes to, in their order. Pure.
std::vector<std::string> receiversFor(const model::Alerting& settings, const model::Notice& notice);
// How long until it is told again, by the routes that match; zero: never.
Duration repeatAfter(const model::Alerting& settings, model::Severity severity, std::int64_t nowUs);

format::Json noticeJson(const model::Notice& notice);
model::Notice noticeOf(const format::Json& json);

// What is to be sent, secrets included: never shown, never logged.
struct Request {
  std::string url;
  std::vector<std::string> headers;
  std::string body;
  // E-mail only.
  std::string user, password, from;
  std::vector<std::string> to;
  std::string ca;  // a file
  bool allowPrivate = false;
};

// The receiver's texts with their secrets filled in; `home`: makes ids unique beyond this machine. Errors: kInvalid.
Result<Request> requestFor(const model::Receiver& receiver, const model::Notice& notice, const std::string& home,
                           std::int64_t nowUs);

struct Answer {
  enum class Outcome { kDelivered, kTryAgain, kRefused };
  Outcome outcome = Outcome::kTryAgain;
  std::optional<Duration> after;  // stated by the receiver
  std::string text;               // one line for people, without secrets
};

// Sends, on a thread of its own.
class Courier {
 public:
  static std::unique_ptr<Courier> create();
  virtual ~Courier() = default;  // what is under way is given up
  // `done` is called once, on the Courier's thread.
  virtual void send(model::Receiver::Kind kind, Request request, std::function<void(Answer)> done) = 0;
};

// A notice for one receiver.
struct Entry {
  enum class State { kWaiting, kSending, kDelivered, kParked };
  std::string id;  // "<notice>/<receiver>"
  std::string project, environment, receiver;
  model::Notice notice;
  State state = State::kWaiting;
  int attempts = 0;
  bool recovered = false;  // its sender died once before it knew the answer
  std::int64_t createdUs = 0, nextUs = 0, endedUs = 0;
  std::string last;  // what happened last
};
std::string_view stateName(Entry::State state);  // "waiting", "sending", "delivered", "parked"
Entry entryFor(const model::Notice& notice, const std::string& receiver, std::int64_t nowUs);
format::Json entryJson(const Entry& entry);
Entry entryOf(const format::Json& json);

// Where entries are kept: on disk when a call returns.
class Shelf {
 public:
  virtual ~Shelf() = default;
  virtual Result<std::vector<Entry>> read() = 0;
  virtual net::Task<Status> save(std::vector<Entry> entries) = 0;  // all or none
  virtual net::Task<Status> remove(std::vector<std::string> ids) = 0;
};

class Outbox {
 public:
  struct Parts {
    net::Loop& loop;
    Courier& courier;
    Shelf& shelf;
    std::string home;
    // The receiver as it is now, nullptr when it is gone; its secrets still marks.
    std::function<const model::Receiver*(const Entry&)> receiver;
    // A text with its secrets filled in. Errors: kNotFound names the variable.
    std::function<Result<std::string>(const Entry&, const std::string& text)> open;
    // How it is told, when one is parked, that it was not delivered: by another route, when there is one. Kept
    // together.
    std::function<std::vector<Entry>(const Entry&)> otherwise;
  };
  static std::unique_ptr<Outbox> create(Parts parts);
  virtual ~Outbox() = default;

  // What an earlier process left; to be called once, first. Errors: the shelf's.
  virtual Status recover() = 0;
  virtual net::Task<void> run(net::Cancel& cancel) = 0;
  // Entries that are on the shelf already.
  virtual void add(std::vector<Entry> entries) = 0;
  // Sends one notice to a receiver now, past the outbox.
  virtual net::Task<Answer> test(model::Receiver receiver, Entry entry, net::Wait wait) = 0;
  // All that is known, by time.
  virtual std::vector<Entry> entries() const = 0;
};

}  // namespace orbit::notify

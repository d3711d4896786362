// One engine behind its address: negotiates the API version, sends calls, maps refusals, and repeats what may be
// repeated while the engine restarts. Thread rules: the thread of its Loop.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "engine/api_version.h"
#include "engine/host.h"
#include "http/http.h"

namespace orbit::engine {

// Whether a call may be sent again after its answer was lost. What was never sent may always be.
enum class Repeat { kSafe, kNever };

struct Call {
  std::string method = "GET";
  std::string path;  // from "/containers" on, without the version
  std::optional<format::Json> body;
  http::Fields fields = {};
  std::string what;  // "starting db-1", for errors
  Repeat repeat = Repeat::kSafe;
  bool goneIsDone = false;       // a removal: "not found" after a lost answer means that the lost attempt did it
  std::string archive;           // a tar as the body instead
  http::BodySource source = {};  // or a body that is read as it is sent; not repeated
};

class Connection {
 public:
  Connection(net::Loop& loop, EngineOptions options);

  struct Reply {
    int status = 0;
    format::Json body;
  };
  // A whole exchange. `fallback` is the deadline when `wait` has none.
  net::Task<Result<Reply>> exchange(Call call, net::Wait wait, Duration fallback);
  // The answer's head; its body is the caller's to read. Repeated only until the head is there.
  net::Task<Result<std::unique_ptr<http::Answer>>> open(Call call, net::Wait wait);
  // The version spoken, negotiated anew after the engine was away.
  net::Task<Result<ApiVersion>> version(net::Wait wait);

  net::Loop& loop() { return loop_; }
  const EngineOptions& options() const { return options_; }
  bool local() const { return host_.ok() && host_->local; }
  std::string url() const { return host_.ok() ? host_->url : options_.host; }
  net::Wait bounded(net::Wait wait, Duration fallback) const;
  // Waits a little for an engine that went away; false when it was never there, or patience or the deadline ends.
  net::Task<bool> pauseForRestart(Duration& pause, net::Wait wait);
  // To be told when a stream breaks off, so that the version is asked anew.
  void lost() { version_.reset(); }
  void reached() {
    everReached_ = true;
    lostAt_.reset();
  }

 private:
  // One try. `lost`: the way to the engine failed, rather than that the engine refused.
  template <class T>
  struct Attempt {
    Result<T> result;
    bool lost = false;
  };
  using Opened = Attempt<std::unique_ptr<http::Answer>>;
  net::Task<Opened> openOnce(const Call& call, net::Wait wait);
  net::Task<Attempt<Reply>> exchangeOnce(const Call& call, net::Wait wait);
  net::Task<Error> refusal(http::Answer& answer, net::Wait wait) const;
  static Error away(Error error, const Call& call, bool sent);

  net::Loop& loop_;
  EngineOptions options_;
  Result<EngineHost> host_;
  std::optional<http::Client> client_;
  std::optional<ApiVersion> version_;
  bool everReached_ = false;
  std::optional<Instant> lostAt_;  // since when every attempt failed
};

}  // namespace orbit::engine

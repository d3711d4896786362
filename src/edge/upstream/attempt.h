// One try at having a request answered by one instance. An Exchange makes it and is told what comes; behind it stand
// pools and sockets (pool.h), or a test. Private to edge. Thread rules: the worker's thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "edge/policy/service.h"
#include "http/http.h"

namespace orbit::edge {

enum class AttemptFailure : std::uint8_t {
  kQueueFull,     // more requests wait for a connection than may
  kQueueTimeout,  // waited too long for one
  kConnect,       // nothing was sent
  kConnectTimeout,
  kHeadTimeout,  // no whole head in time
  kReset,        // closed before a whole head
  kMalformed,    // what came is no HTTP
  kBroken,       // closed, or silent too long, after the head
};

class AttemptOwner {
 public:
  // The connection is there: append the head, and what there is of the body, to `out`.
  virtual void onAttemptReady(std::string& out) = 0;
  virtual void onAttemptInterim(http::ResponseIndex& head) = 0;
  // 101 is a final head here, and then bytes flow raw. `end`: no body follows, and no onAttemptEnd.
  virtual void onAttemptHead(http::ResponseIndex& head, bool end) = 0;
  virtual void onAttemptBody(std::string_view bytes) = 0;
  // Of the answer. In a tunnel: of the upstream's half; the attempt goes on until cancel().
  virtual void onAttemptEnd(std::string_view trailerLines) = 0;
  virtual void onAttemptFailed(AttemptFailure failure) = 0;
  // Its queue went below kQueueLow after it was above kQueueHigh.
  virtual void onAttemptWritable() = 0;

 protected:
  virtual ~AttemptOwner() = default;
};

struct AttemptWish {
  InstanceState* instance = nullptr;            // set; the service it was chosen from keeps it alive
  const model::TableService* config = nullptr;  // outlives the attempt
  http::Method method = http::Method::kGet;
  bool replayable = false;  // without a body, and harmless when done twice: may go on a pooled connection of any age
  bool chunked = false;     // the request's body is sent in chunks
  bool bodyless = false;    // the request ends with its head
};

// Ends, and is not to be used any more, with onAttemptEnd (of no tunnel), onAttemptHead with `end`, onAttemptFailed
// or cancel().
class Attempt {
 public:
  // May call the owner back at once.
  virtual void start() = 0;
  // From onAttemptReady on. Returns the bytes queued.
  virtual std::size_t sendBody(std::string_view bytes) = 0;
  // Of the body; in a tunnel, of our half. Trailers go only behind chunks.
  virtual void sendEnd(std::string_view trailerLines) = 0;
  virtual void pauseReading() = 0;
  virtual void resumeReading() = 0;
  virtual void cancel() = 0;

 protected:
  virtual ~Attempt() = default;
};

class Upstreams {
 public:
  virtual ~Upstreams() = default;
  virtual Attempt& make(AttemptOwner& owner, const AttemptWish& wish) = 0;
};

}  // namespace orbit::edge

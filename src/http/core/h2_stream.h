// One stream of a server's HTTP/2 connection: what is queued for it and how far it is. Private to http. Thread rules:
// its connection's thread.
#pragma once
#include <cstdint>
#include <string>

namespace orbit::http {

struct H2Stream {
  std::int32_t id = 0;
  bool requested = false;  // the listener knows it
  bool refused = false;    // the listener was told that it never will
  bool requestEnded = false;
  bool responded = false;  // the final head was queued
  bool ended = false;      // nothing will be added to the queue
  bool sent = false;       // END_STREAM went out
  bool deferred = false;   // nghttp2 waits for the queue
  bool resetByListener = false;
  bool resetByClient = false;
  bool wasFull = false;        // onWritable is owed
  std::size_t unconsumed = 0;  // bytes of the request's body whose window was not given back
  std::string queue;
  std::size_t taken = 0;  // bytes at the front of `queue` that went out
  std::string trailers;
  H2Stream* previous = nullptr;
  H2Stream* next = nullptr;

  std::size_t queued() const { return queue.size() - taken; }
};

// Those in use, and some to be used again.
class H2Streams {
 public:
  H2Streams() = default;
  ~H2Streams();
  H2Streams(const H2Streams&) = delete;
  H2Streams& operator=(const H2Streams&) = delete;
  H2Stream& add(std::int32_t id);
  void remove(H2Stream& stream);
  bool empty() const { return used_ == nullptr; }

 private:
  H2Stream* used_ = nullptr;
  H2Stream* free_ = nullptr;
  std::size_t freeCount_ = 0;
};

}  // namespace orbit::http

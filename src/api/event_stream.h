// A streamed answer of events, one JSON object a line. Events may be told without waiting (observers must not block):
// they are kept here and written by a task of their own. A caller that reads too slowly loses progress events, never
// others. Private to api. Thread rules: the thread of its Loop.
#pragma once
#include "format/json.h"
#include "http/http.h"
#include "stack/stack.h"

namespace orbit::api {

class EventStream {
 public:
  EventStream(net::Loop& loop, http::Exchange& exchange);
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  void tell(const format::Json& event);
  // An event that may be left out when many are waiting.
  void tellProgress(const format::Json& event);
  // Waits until the caller has taken what was told before: for streams that can be slowed. Errors: kCancelled,
  // kUnavailable when the caller is gone.
  net::Task<Status> send(format::Json event, net::Wait wait);
  // Tells the result and waits until everything is written. The last call.
  net::Task<void> finish(std::string_view outcome);
  // With further members in the result.
  net::Task<void> finish(std::string outcome, format::Json more);

  // Tells a stack's steps, build lines and warnings here.
  stack::Observer observer();

 private:
  net::Task<void> write();

  net::Loop& loop_;
  http::Exchange& exchange_;
  const Instant started_;
  std::string pending_;
  std::size_t dropped_ = 0;
  bool ended_ = false, broken_ = false;
  net::Condition told_, taken_;
  net::TaskGroup writer_;
};

}  // namespace orbit::api

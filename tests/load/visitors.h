// The kinds of clients that visit a service while its releases change. None of them ever tries again: a request that
// was sent and not answered with 2xx, whole and right, is a failure.
// Thread rules: each visitor is a thread of its own and lives in one function.
#pragma once
#include <atomic>
#include <string>
#include <vector>

#include "report.h"
#include "stream.h"

namespace load {

struct Visitor {
  Where where;
  std::vector<std::string> paths;
  double rate = 10;           // a second, of this one
  std::size_t bodyBytes = 0;  // of an upload, at most
  Report& report;
  const std::atomic<bool>& over;
};

// Requests on one connection, opened anew when the other side said so or closed it between two of them.
void keepAlive(Visitor visitor);
// A connection a request.
void fresh(Visitor visitor);
// POSTs whose body comes back.
void upload(Visitor visitor);
// Messages that come back; ended with 1001 or 1012 it is opened anew.
void webSocket(Visitor visitor);
// Up to four streams at once on an HTTP/2 connection; GOAWAY opens another.
void http2(Visitor visitor);

// Turns that come `rate` a second; a turn that was missed is not made up for. False: it is over.
class Pace {
 public:
  Pace(double rate, const std::atomic<bool>& over);
  bool wait();
  // Milliseconds until the next turn, 0 when it is due.
  int due() const;
  void taken();

 private:
  std::chrono::steady_clock::duration step_;
  std::chrono::steady_clock::time_point next_;
  const std::atomic<bool>& over_;
};

}  // namespace load

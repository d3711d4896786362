// Whether a visitor would get an answer: one request through the edge on this machine, by the service's public name,
// certificate included (its name and time; who signed it, a visitor's browser knows). Private to daemon. Thread rules:
// the thread of the Loop.
#pragma once
#include <string>

#include "net/net.h"

namespace orbit::daemon {

struct ProbeTarget {
  std::string host, path;  // "shop.example.com", "/"
  int port = 443;          // of the edge's https on 127.0.0.1
  std::string key;         // by which the edge knows that it is not a visitor's request
};
// Of a URL as traffic tells it. Nothing comes of one without https.
ProbeTarget targetOf(const std::string& url, const std::string& key);

// On a connection of its own, and once more on another one if the first fails. Errors: what a visitor would see:
// kUnavailable ("HTTP 503", a refused connection), kDenied (the certificate), kTimeout after ten seconds.
net::Task<Status> probe(net::Loop& loop, ProbeTarget target, net::Wait wait);

}  // namespace orbit::daemon

// The edge's requests as its generations record them, filtered: what `requests` shows. Private to api. Thread rules:
// one owner; reading blocks for as long as it takes to copy memory.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "format/json.h"
#include "signal/signal.h"

namespace orbit::api {

// An empty part lets everything through.
struct TrafficFilter {
  std::string service;  // "shop.production.web", or "web" of any project
  std::string environment, route, method, pathPrefix;
  int statusLeast = 0, statusMost = 999;
  std::uint64_t slowUs = 0;
  std::int64_t sinceUs = 0;
  std::string request;  // its id
};
// "404", "5xx", "" for any; 0 is an answer that never came. Errors: kInvalid.
Status readStatus(const std::string& text, TrafficFilter& filter);
bool matches(const TrafficFilter& filter, const signal::Record& record, const signal::Key& key);
format::Json requestEvent(const signal::Record& record, const signal::Key& key, std::uint64_t generation);
// A line of the access log as such an event, if it matches; null when not.
format::Json requestEvent(const TrafficFilter& filter, std::string_view accessLine);

// All generations in a folder, those included that come while it is read.
class TrafficView {
 public:
  TrafficView(std::string folder, TrafficFilter filter) : generations_(std::move(folder)), filter_(std::move(filter)) {}
  // The events since the last call by time, the first time all that is still in the rings.
  std::vector<format::Json> take();
  // Overwritten before they were read, since the last call.
  std::uint64_t takeDropped();
  bool anyGeneration() const { return !generations_.readers().empty(); }

 private:
  signal::Generations generations_;
  TrafficFilter filter_;
  std::map<std::uint64_t, std::uint64_t> droppedOf_;  // by generation, as of the last look
  std::uint64_t dropped_ = 0;
};

}  // namespace orbit::api

// The lines of the log store as `logs` tells them. Private to api. Thread rules: the thread of its Loop.
#pragma once
#include <string>
#include <vector>

#include "api/containers.h"
#include "api/log_history.h"
#include "api/requests.h"
#include "api/shared.h"

namespace orbit::api {

// The services in the store that a request means.
std::vector<logs::Key> storedKeys(const logs::Store& store, const ContainerScope& scope);

// A search whose blocking steps run on a worker thread.
class StoredReader {
 public:
  StoredReader(net::Loop& loop, const logs::Store& store, logs::Query query)
      : loop_(loop), store_(store), query_(std::move(query)) {}
  // The first call looks for the blocks. Errors: those of the query and of reading.
  net::Task<Result<std::vector<logs::Entry>>> next(net::Wait wait);
  logs::Search& search() { return *search_; }  // after the first next()

 private:
  net::Loop& loop_;
  const logs::Store& store_;
  const logs::Query query_;
  std::unique_ptr<logs::Search> search_;
};

LogLine lineOf(const logs::Entry& entry);
logs::Entry entryOf(const LogLine& line);

// Tells what the store has; sets the marks of `sources`, so that they can be followed from there.
net::Task<Status> tellStored(Shared& shared, EventStream& stream, logs::Query query, std::vector<LogSource>& sources,
                             net::Wait wait);

}  // namespace orbit::api

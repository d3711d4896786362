// A table made ready to serve from: compiled once by the control thread, the same immutable object for all workers; and
// what one worker adds to it. Private to edge. Thread rules: a TableRuntime is immutable; a WorkerTable is its
// worker's.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "edge/policy/service.h"
#include "edge/routing/router.h"
#include "http/http.h"
#include "model/route_table.h"
#include "signal/signal.h"

namespace orbit::edge {

struct ListenerRuntime {
  model::TableListener config;
};

// Answers to ACME's HTTP-01, by token.
using AcmeAnswers = std::unordered_map<std::string, std::string>;

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

struct TableRuntime {
  // `before`: the table served until now, or null; its instances live on. Errors: kInvalid.
  static Result<std::shared_ptr<const TableRuntime>> compile(std::shared_ptr<const model::RouteTable> table,
                                                             const TableRuntime* before, Instant now);
  int serviceNumber(std::string_view name) const;  // -1: none

  std::shared_ptr<const model::RouteTable> table;
  std::unique_ptr<const Router> router;
  http::IpRanges trusted;
  http::HeadLimits headLimits;
  std::uint16_t httpsPort = 443;
  std::vector<ServicePtr> services;  // as in the table
  std::unordered_map<std::string, int, TextHash, std::equal_to<>> serviceNumbers;
  std::vector<int> serviceOfRoute;  // -1: the route answers by itself
};

class Resumable;  // exchange_state.h, tcp.h: waits behind a paused service

// What lives with a service's name in one worker, whatever tables come and go.
struct ServiceDesk {
  RetryBudget budget;
  std::vector<Resumable*> paused;
};

// Series of one route in one worker: found once, then by number.
struct RouteSeries {
  std::vector<signal::SeriesId> requests;               // by release; the last is for no release
  std::vector<std::vector<signal::SeriesId>> attempts;  // by release and instance
};

struct WorkerTable {
  std::shared_ptr<const TableRuntime> runtime;
  std::vector<std::shared_ptr<ServiceDesk>> desks;   // as the services
  std::vector<std::unique_ptr<RouteSeries>> series;  // as the routes, then one for each service without a route
  signal::SeriesId nowhere = signal::kNoSeries;      // requests that no route serves
  unsigned pins = 0;
};

// Keeps a table for as long as a request needs it. One thread, so a plain count.
class TablePin {
 public:
  TablePin() = default;
  explicit TablePin(WorkerTable* table) : table_(table) {
    if (table_ != nullptr) ++table_->pins;
  }
  TablePin(const TablePin& other) : TablePin(other.table_) {}
  TablePin(TablePin&& other) noexcept : table_(std::exchange(other.table_, nullptr)) {}
  TablePin& operator=(TablePin other) noexcept {
    std::swap(table_, other.table_);
    return *this;
  }
  ~TablePin() {
    if (table_ != nullptr && --table_->pins == 0) delete table_;
  }
  WorkerTable* operator->() const { return table_; }
  WorkerTable& operator*() const { return *table_; }
  WorkerTable* get() const { return table_; }
  explicit operator bool() const { return table_ != nullptr; }

 private:
  WorkerTable* table_ = nullptr;
};

// Waits while its service is paused.
class Resumable {
 public:
  // A table came in which the service is not paused any more, or is no more.
  virtual void onResume() = 0;

 protected:
  virtual ~Resumable() = default;
};

}  // namespace orbit::edge

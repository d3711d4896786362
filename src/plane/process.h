// The edge process: what it serves, and how that changes. Private to plane. Thread rules: the thread of its Loop.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/base.h"
#include "cert/cert.h"
#include "edge/edge.h"
#include "format/json.h"
#include "plane/hold_channel.h"
#include "plane/plane.h"
#include "plane/proposal.h"
#include "plane/sockets.h"
#include "plane/table_files.h"
#include "plane/ticket_file.h"

namespace orbit::plane {

class Process {
 public:
  explicit Process(Options options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Serves the first table. What fails is told.
  Status start();
  // Until it has drained.
  net::Task<void> run();
  net::Loop& loop() { return loop_; }

  struct Outcome {
    std::vector<Error> problems;  // any: nothing has changed
    format::Json changes;
    Status kept;  // whether it is on disk too
  };
  using Propose = std::function<Proposal(const model::RouteTable& current)>;
  // One change after the other. `propose` runs on a worker thread.
  net::Task<Outcome> change(Propose propose);
  // Begins to drain; the second time, cuts.
  void leave();
  bool underHold() const { return hold_ != nullptr; }

  const std::string& tableText() const { return text_; }
  const std::string& checksum() const { return checksum_; }
  format::Json status() const;

 private:
  Status prepareFolders();
  Status createEdge();
  Result<Proposal> firstTable();
  Status serveFirst(Proposal proposal);
  Status serveNothing(const Error& why);
  Status takeOver();
  Status lockFolder();
  // Tries to serve it. `lenient`: without the listeners that cannot be had.
  std::vector<Error> serve(std::shared_ptr<const model::RouteTable> table, bool lenient);
  net::Task<Status> keep(std::string text);
  void serveMissing();
  void giveMemoryBack();
  net::Task<void> keepHouse();
  net::Task<void> reload();
  void renewTicketKeys();
  void tellWhatIsServed() const;
  void onHangup();

  const Options options_;
  SystemClock clock_;
  const std::uint64_t generation_;
  const unsigned workers_;
  std::string folder_, signalFile_;
  std::unique_ptr<HoldChannel> hold_;
  Random random_ = Random::fromSystem();
  net::Loop loop_;
  std::unique_ptr<net::Listener> control_;
  TableFiles files_;
  TicketFile tickets_;
  Sockets sockets_;
  net::Descriptor folderLock_, signalLock_;
  std::unique_ptr<edge::Edge> edge_;
  std::unique_ptr<cert::Keeper> keeper_;
  std::shared_ptr<const model::RouteTable> table_;
  std::string text_, checksum_;
  Status kept_;
  std::int64_t appliedUs_ = 0;
  Instant nextTicketKeys_{};
  bool changing_ = false;
  bool missing_ = false;  // a listener of the table could not be had
  net::Condition turn_, leaving_;
  net::Cancel stop_, cut_;
  int leaves_ = 0;
  std::uint64_t clientsMost_ = 0;  // since memory was given back
};

}  // namespace orbit::plane

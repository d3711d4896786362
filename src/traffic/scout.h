// Watches the containers of all development projects, whoever started them, and finds out who speaks HTTP and where.
// Private to traffic. Thread rules: the thread of its Loop.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "traffic/peers.h"
#include "traffic/ports.h"
#include "traffic/world.h"

namespace orbit::traffic {

class Scout {
 public:
  // `changed` is called whenever an answer of the functions below may be another; not before all that ran at the start
  // was asked once.
  Scout(net::Loop& loop, engine::Engine& engine, const Peers& peers, std::function<void()> changed);

  // "shop-web-1" → "172.18.0.3:8000": what was known before. Holds where a container of that name and address is found,
  // until a probe says otherwise.
  void remember(std::map<std::string, std::string> known) { remembered_ = std::move(known); }
  net::Task<void> run(net::Cancel& cancel);

  bool ready() const { return ready_; }
  std::vector<HttpContainer> containers() const;
  std::set<int> publishedPorts() const;
  std::vector<model::Warning> warnings(const std::string& project) const;
  // Looks at once, and returns when all that runs of the project has been asked, or when `wait` ends.
  net::Task<void> look(std::string project, net::Wait wait);

 private:
  struct Tracked {
    std::string name, project, service, address;
    bool running = false;
    int port = 0;  // that speaks HTTP; 0: none known
    std::set<int> published;
    std::vector<int> loopbackOnly;
    bool tried = false;  // once at least
    bool asked = false;  // since its start, on every port it names or opened
    int round = 0;       // of asking; an older one gives up
  };

  net::Task<void> watch(net::Wait wait);
  net::Task<void> lookForever(net::Wait wait);
  net::Task<void> settleDown(net::Wait wait);
  void apply(const std::vector<engine::ContainerSummary>& listed, const std::set<std::string>& restarted,
             net::Wait wait);
  void update(const engine::ContainerSummary& container, bool restarted, net::Wait wait);
  net::Task<void> ask(std::string id, int round, net::Wait wait);
  struct Asked {
    bool gone = false, done = false;
  };
  net::Task<Asked> askOnce(std::string id, int round, bool patient, net::Wait wait);
  net::Task<int> firstHttp(std::string address, std::vector<int> ports, net::Wait wait);
  std::string addressOf(const engine::ContainerDetail& detail) const;
  Tracked* current(const std::string& id, int round);
  bool allAsked(const std::string& project) const;
  void tell();
  void wake(bool urgent);

  net::Loop& loop_;
  engine::Engine& engine_;
  const Peers& peers_;
  std::function<void()> changed_;
  std::map<std::string, Tracked> tracked_;  // by id
  std::map<std::string, std::string> remembered_;
  std::set<std::string> restarted_;  // ids seen to start since the last look
  bool dirty_ = true, urgent_ = true;
  bool listed_ = false, ready_ = false;
  std::uint64_t wanted_ = 0, looked_ = 0;  // looks asked for, and how many of them are done
  net::Condition woken_, moved_;
  net::TaskGroup asking_;
};

}  // namespace orbit::traffic

// A group that is live and not settled: its releases are judged by what happens to real requests, tick by tick, and by
// their instances. It is promoted, settled, or taken back as one (decisions 21 to 23). Private to deploy. Thread rules:
// the thread of its Loop.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "deploy/environment.h"
#include "verdict/verdict.h"

namespace orbit::deploy {

class Watch {
 public:
  Watch(Environment& environment, int number);

  // Until it is settled, taken back, or a newer group is live.
  net::Task<void> run(net::Cancel& cancel);

 private:
  struct Watched {
    std::string service;
    int old = 0;          // release beside it, 0: none
    bool judged = false;  // by its requests
    verdict::Judge judge;
    double settleS = 0;
    verdict::Decision decision = {};
    std::vector<verdict::RouteTick> routes = {};
    std::map<std::string, int> failing = {};  // own probes in a row that failed, by instance
    std::string lastProbe = {};
    bool dependenciesHealthy = true;
  };

  void begin();
  void look(double seconds);
  // Beside the ticks: a probe that hangs must not hold a verdict up.
  net::Task<void> probeForever(net::Wait wait);
  net::Task<void> probeDependencies(Watched& one, net::Wait wait);
  net::Task<void> probeInstances(Watched& one, int group, net::Wait wait);
  verdict::Instances instancesOf(const Watched& one, int group);
  net::Task<void> promote(std::string by, std::string text, net::Wait wait);
  net::Task<bool> takeBack(net::Wait wait);  // whether it is done
  net::Task<void> settle();
  net::Task<void> noteSharedFault();
  void tellNumbers();
  bool mayPromote() const;
  bool maySettle() const;
  format::Json numbers() const;
  std::string sentence() const;
  const Group* group() const { return environment_.state().find(number_); }

  Environment& environment_;
  const int number_;
  std::shared_ptr<Progress> progress_;
  std::vector<Watched> watched_;
  Instant toldAt_{};
  bool sharedFault_ = false;  // told already
};

}  // namespace orbit::deploy

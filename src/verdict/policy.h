// By what a release is judged (decisions 22 and 23). Thread rules: plain values.
#pragma once

namespace orbit::verdict {

struct Policy {
  // Chance that a release that is within the margins is taken back on relative evidence, over its whole watch, all
  // signals, routes and looks together.
  double budget = 1.0 / 5'000;
  unsigned watchedTogether = 1;  // services of one deploy, which share the budget

  // The margins: what is no reason.
  double failureTimes = 2;       // failures within this many times the old release's,
  double failurePoints = 0.005;  // or within this much more, whichever allows more
  double slowTimes = 1.2;        // quantiles within this many times the old release's,
  double slowUs = 1'000;         // or within this much more
  double warmUpS = 30;           // while an instance of it is younger, latency is not weighed;
  double coldLeft = 0.25;        // what may be left of a cold start then: so much slower is no reason either,
  double coldFadesS = 10;        // less by a factor of e in each of these

  // No single tick or moment may count for more than this factor, so that one burst is one piece of evidence.
  double momentMax = 15;

  // Absolute evidence, which needs no control.
  unsigned exitsMax = 2;            // so many exits of the new release's instances, or one of each
  double probesFailingS = 3;        // all its instances' own probes fail for so long,
  double probesFailingAloneS = 10;  // without a control
  // Without a control only: so many requests in a row fail that repeat no other, for so long,
  unsigned sustainedRequests = 20;
  double sustainedS = 10;
  double sustainedByOneS = 30;  // or three times as many, repeated or not, for so long

  // How long it keeps its first share: until a rise to riseTimes the old rate or of risePoints, whichever is larger,
  // would have been seen with this power; at most shareMaxS, three times as long while it is suspected.
  double riseTimes = 5, risePoints = 0.01, risePower = 0.9;
  double shareMaxS = 60;
  double settleS = 600;  // after it was promoted
};

}  // namespace orbit::verdict

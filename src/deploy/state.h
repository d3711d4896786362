// What an environment is, as its facts tell: a pure replay. Everything that must survive this process stands here and
// nowhere else; what runs is asked of the engine. Private to deploy. Thread rules: plain values.
//
// Facts, by kind, with their bodies:
//   network     {subnet, bridge}
//   address     {service, address}                       a virtual address, for ever
//   deploy      {source, changed, services, before, pins, allowDevelopmentSecrets}  a group begins; its files are
//   sealed image       {service, image, id} changes     {changed, before}                        known once the images
//   are unchanged   {}                                       nothing differs: the group is none stage       {stage}
//   checking, starting, gate port        {service, port}                          the gate saw it answer there
//   replacing   {service, from}                          a stateful service is about to be stopped
//   replaced    {service}                                its new instance serves
//   restored    {service, from}                          its old instance serves again
//   live        {}                                       the changed services have their share
//   promoted    {by, text}
//   settled     {text, numbers}
//   taken back  {by, reasons, numbers, services, from}   services: what is live now where `from` was, by release
//   failed, cancelled, superseded {reasons}              before it was live
//   shared fault {text}                                  both releases suffered: nobody's fault
//   rolled back {services, from}                         by hand, after its watch
//   removed     {}                                       the environment ended; numbers go on
#pragma once
#include <map>
#include <string>
#include <vector>

#include "deploy/deploy.h"
#include "deploy/names.h"

namespace orbit::deploy {

struct ReleasedService {
  std::string hash, image, imageId;
  model::DeployService::Shape shape = model::DeployService::Shape::kStateless;
  int port = 0;
};

struct SharedFault {
  std::int64_t atUs = 0;
  std::string text;
};

struct Group {
  int number = 0;
  Stage stage = Stage::kBuilding;
  Source source;
  std::int64_t startedUs = 0, liveUs = 0, promotedUs = 0, endedUs = 0;
  std::map<std::string, ReleasedService> services;  // of its plan, also what did not change
  std::vector<std::string> changed;
  std::map<std::string, int> before;  // what was live of each changed service, 0: nothing
  std::vector<project::EnvironmentVariable> pins;
  bool allowDevelopmentSecrets = false;
  int httpsPort = 443;
  std::string replacing;  // a stateful service between stop and serve, "" none
  int replacingFrom = 0;
  std::vector<std::string> replaced;  // stateful services that serve the new release
  std::string by;                     // who promoted it or took it back: verdict, hand, time
  std::vector<std::string> reasons;
  std::string summary;
  format::Json numbers;
  std::vector<SharedFault> sharedFaults;

  bool isLive() const { return stage == Stage::kShare || stage == Stage::kPromoted || stage == Stage::kSettled; }
  bool watched() const { return stage == Stage::kShare || stage == Stage::kPromoted; }
  bool underWay() const { return stage < Stage::kShare; }
  bool didChange(const std::string& service) const;
};

struct EnvironmentState {
  EnvironmentKey key;
  std::string subnet, bridge;                    // "10.213.4.0/24"
  std::map<std::string, std::string> addresses;  // virtual ones, by service
  std::map<int, Group> groups;
  std::map<std::string, int> live;      // by service: whose release people are meant to see
  std::map<std::string, int> previous;  // beside it: while watched, and warm for a while after
  int newest = 0;                       // number given last

  Group* watchedGroup();
  const Group* watchedGroup() const;
  Group* find(int number);
  const Group* find(int number) const;
};

void apply(EnvironmentState& state, const Fact& fact);

// The bodies that are more than a text or two.
format::Json deployBody(const Group& group);
format::Json changesBody(const Group& group);
format::Json liveBody(const std::map<std::string, int>& live);  // {"services": {"web": 11}}
std::map<std::string, int> liveOf(const format::Json& body);
format::Json backBody(const std::map<std::string, int>& live, const std::map<std::string, int>& from);

// By service, what is to be live when a group is undone: what was before, for those that may be moved back. Databases
// stay (decision 15 e), and so does what had nothing before it. What was itself taken back meanwhile is no way back.
std::map<std::string, int> undoing(const EnvironmentState& state, const Group& group);

// Groups that may be forgotten: the oldest beyond `keep` that could still be rolled back to, and all failures older.
std::vector<int> forgettable(const EnvironmentState& state, int keep);

}  // namespace orbit::deploy

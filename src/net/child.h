// A started process and how it is started (posix_spawn). Private to net. Thread rules: the thread that started it.
#pragma once
#include <spawn.h>
#include <sys/types.h>

#include "net/descriptor.h"
#include "net/process.h"

namespace orbit::net {

// A child that nobody has waited for. Destruction kills it (with its process group, when it leads one) and takes its
// exit.
class Child {
 public:
  enum class Leads { kItsGroup, kNothing };
  Child(pid_t pid, Leads leads);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int descriptor() const { return descriptor_.get(); }  // readable when the child has ended
  bool taken() const { return pid_ <= 0; }
  void signal(int number) const;
  Exit take();  // waits

 private:
  pid_t pid_;
  Leads leads_;
  Descriptor descriptor_;
};

// posix_spawn's two records, freed at the end.
struct SpawnPlan {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnPlan();
  ~SpawnPlan();
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
};

// Starts it with SIGPIPE as the system has it and no signal blocked but `blocked`. Errors: kNotFound.
Result<pid_t> spawn(const Command& command, SpawnPlan& plan, short flags, const std::vector<int>& blocked = {});

struct Pipe {
  Descriptor readEnd, writeEnd;
  static Result<Pipe> open();
};

}  // namespace orbit::net

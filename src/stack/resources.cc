#include "stack/resources.h"

#include "stack/names.h"

namespace orbit::stack {
namespace {

using net::Task;

Error absentExternal(const std::string& what, const std::string& name, const Location& at) {
  return Error{Code::kNotFound, what + " " + name + " is declared external, and the engine has none of that name",
               "create it with `docker " + what + " create " + name + "`, or take out `external: true`", at};
}

// A resource that exists under our name without our label.
model::Warning foreign(const std::string& what, const std::string& name, const std::string& owner,
                       const std::string& project, const Location& at) {
  const std::string whose = owner.empty() ? "was not made for any project" : "belongs to project " + owner;
  return {what + " " + name + " exists already and " + whose + " (this is " + project + "); it is used as it is",
          "set `external: true` if that is meant, or give it another `name:`", at};
}

class Resources {
 public:
  Resources(Operation& operation, const model::Plan& plan) : operation_(operation), plan_(plan) {}

  Task<void> network(const model::Network& network) {
    auto there = co_await operation_.engine.inspectNetwork(network.name, operation_.wait);
    if (there.ok() && there->name == network.name) {
      if (!network.external) {
        const std::string& owner = labelOf(there->labels, kProjectLabel);
        if (owner != plan_.project) operation_.warn(foreign("network", network.name, owner, plan_.project, network.at));
      }
      co_return;
    }
    if (!there.ok() && there.error().code != Code::kNotFound) co_return fail(std::move(there).error());
    if (network.external) co_return fail(absentExternal("network", network.name, network.at));
    operation_.step(Step::Kind::kNetwork, network.name, "", "creating");
    model::Network wanted = network;
    wanted.labels = networkLabels(plan_, network, operation_.home);
    auto created = co_await operation_.engine.createNetwork(wanted, operation_.wait);
    // Made meanwhile by an `up` beside ours.
    const bool exists = !created.ok() && created.error().code == Code::kConflict &&
                        created.error().message.find("already exists") != std::string::npos;
    if (!created.ok() && !exists) {
      Error error = std::move(created).error();
      error.at = network.at;
      co_return fail(std::move(error).within("network " + network.name));
    }
    operation_.step(Step::Kind::kNetwork, network.name, "", "created");
  }

  Task<void> volume(const model::Volume& volume) {
    auto there = co_await operation_.engine.inspectVolume(volume.name, operation_.wait);
    if (there.ok()) {
      if (!volume.external) {
        const std::string& owner = labelOf(there->labels, kProjectLabel);
        if (owner != plan_.project) operation_.warn(foreign("volume", volume.name, owner, plan_.project, volume.at));
      }
      co_return;
    }
    if (there.error().code != Code::kNotFound) co_return fail(std::move(there).error());
    if (volume.external) co_return fail(absentExternal("volume", volume.name, volume.at));
    operation_.step(Step::Kind::kVolume, volume.name, "", "creating");
    model::Volume wanted = volume;
    wanted.labels = volumeLabels(plan_, volume, operation_.home);
    auto created = co_await operation_.engine.createVolume(wanted, operation_.wait);
    if (!created.ok()) {
      Error error = std::move(created).error();
      error.at = volume.at;
      co_return fail(std::move(error).within("volume " + volume.name));
    }
    operation_.step(Step::Kind::kVolume, volume.name, "", "created");
  }

  Task<void> removeNetwork(std::string name) {
    operation_.step(Step::Kind::kNetwork, name, "", "removing");
    auto removed = co_await operation_.engine.removeNetwork(name, operation_.wait);
    settle(Step::Kind::kNetwork, "network ", name, std::move(removed));
  }

  // `told`: named volumes; anonymous ones go without a word.
  Task<void> removeVolume(std::string name, bool told) {
    if (told) operation_.step(Step::Kind::kVolume, name, "", "removing");
    auto removed = co_await operation_.engine.removeVolume(name, operation_.wait);
    if (told || (!removed.ok() && removed.error().code == Code::kUnavailable)) {
      settle(Step::Kind::kVolume, "volume ", name, std::move(removed));
    }
  }

  bool ok() const { return ok_; }

 private:
  void fail(Error error) {
    ok_ = false;
    operation_.fail(std::move(error));
  }

  void settle(Step::Kind kind, const char* what, const std::string& name, Status removed) {
    if (removed.ok() || removed.error().code == Code::kNotFound) {
      operation_.step(kind, name, "", "removed");
    } else if (removed.error().code == Code::kConflict) {
      operation_.step(kind, name, "", "skipped", "still in use");
      operation_.warn({what + name + " is still in use and stays", "containers outside this project use it", {}});
    } else {
      fail(std::move(removed).error().within(what + name));
    }
  }

  Operation& operation_;
  const model::Plan& plan_;
  bool ok_ = true;
};

bool usesNetwork(const Schedule& order, const std::string& key) {
  for (const auto& turn : order.turns) {
    for (const auto& attachment : turn.service->container.networks) {
      if (attachment.network == key) return true;
    }
  }
  return false;
}

bool usesVolume(const Schedule& order, const std::string& key) {
  for (const auto& turn : order.turns) {
    for (const auto& mount : turn.service->container.mounts) {
      if (mount.type == model::Mount::Type::kVolume && mount.source == key) return true;
    }
  }
  return false;
}

}  // namespace

Task<bool> ensureResources(Operation& operation, const model::Plan& plan, const Schedule& order,
                           const Observed& observed) {
  Resources resources(operation, plan);
  net::TaskGroup group(operation.loop);
  for (const auto& network : plan.networks) {
    if (usesNetwork(order, network.key) && !observed.hasNetwork(network.name)) group.add(resources.network(network));
  }
  for (const auto& volume : plan.volumes) {
    if (usesVolume(order, volume.key) && !observed.hasVolume(volume.name)) group.add(resources.volume(volume));
  }
  co_await group.join();
  co_return resources.ok();
}

Task<void> removeResources(Operation& operation, const model::Plan& plan, const Observed& observed,
                           std::vector<std::string> anonymousVolumes, bool volumes) {
  Resources resources(operation, plan);
  net::TaskGroup group(operation.loop);
  // Every network of the project, also those an older file declared: they hold no data.
  for (const auto& network : observed.networks) group.add(resources.removeNetwork(network.name));
  if (volumes) {
    for (const auto& volume : plan.volumes) {
      if (!volume.external && observed.hasVolume(volume.name)) group.add(resources.removeVolume(volume.name, true));
    }
    for (const auto& name : anonymousVolumes) group.add(resources.removeVolume(name, false));
  }
  co_await group.join();
}

}  // namespace orbit::stack

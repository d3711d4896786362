#include "stack/converge.h"

#include "stack/names.h"

namespace orbit::stack {
namespace {

using engine::ContainerState;
using engine::ContainerSummary;

bool isActive(ContainerState state) {
  return state == ContainerState::kRunning || state == ContainerState::kPaused || state == ContainerState::kRestarting;
}

bool isBroken(ContainerState state) {
  return state == ContainerState::kDead || state == ContainerState::kRemoving;
}

Removal removal(const ContainerSummary& container, std::string reason) {
  return {container.id,
          container.name,
          labelOf(container.labels, kServiceLabel),
          isActive(container.state),
          container.state == ContainerState::kCreated,
          std::move(reason)};
}

template <class List>
bool contains(const List& list, const typename List::value_type& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The decisions of one service.
class ServiceCase {
 public:
  ServiceCase(const model::Plan& plan, const Turn& turn, const Observed& observed, const ConvergeOptions& options,
              const Decision& before)
      : plan_(plan),
        service_(*turn.service),
        named_(turn.named),
        observed_(observed),
        options_(options),
        before_(before) {}

  ServiceDecision decide() {
    std::map<int, std::vector<const ContainerSummary*>> byNumber;
    for (const auto& container : observed_.containers) {
      if (isOneOff(container.labels) || labelOf(container.labels, kServiceLabel) != service_.name) continue;
      byNumber[numberOf(container.labels)].push_back(&container);
    }
    const int scale = wantedScale();
    std::set<int> taken;
    for (auto& [number, group] : byNumber) {
      const ContainerSummary* survivor = pick(number, group);
      for (const auto* other : group) {
        if (other != survivor) result_.leftovers.push_back(removal(*other, "left over from an interrupted change"));
      }
      if (survivor == nullptr) continue;
      if (static_cast<int>(taken.size()) >= scale) {
        result_.surplus.push_back(removal(*survivor, "scaled down"));
        continue;
      }
      taken.insert(number);
      result_.replicas.push_back(judge(number, *survivor));
    }
    for (int number = 1; static_cast<int>(taken.size()) < scale; ++number) {
      if (!taken.insert(number).second) continue;
      Replica replica;
      replica.action = Replica::Action::kCreate;
      replica.number = number;
      replica.name = containerName(plan_, service_, number);
      result_.replicas.push_back(std::move(replica));
    }
    std::sort(result_.replicas.begin(), result_.replicas.end(),
              [](const Replica& a, const Replica& b) { return a.number < b.number; });
    return std::move(result_);
  }

 private:
  int wantedScale() const {
    const auto found = options_.scale.find(service_.name);
    return std::max(0, found == options_.scale.end() ? service_.scale : found->second);
  }

  // The container of a group of one number that stays, or nullptr.
  const ContainerSummary* pick(int number, const std::vector<const ContainerSummary*>& group) const {
    const auto rank = [&](const ContainerSummary& container) {
      const bool started = container.state != ContainerState::kCreated;
      bool replacesOneHere = false;
      for (const auto* other : group) {
        replacesOneHere |= other->id == labelOf(container.labels, kReplacesLabel);
      }
      return std::make_tuple(started, !replacesOneHere, isActive(container.state), rightName(number, container.name),
                             container.createdUs, container.id);
    };
    const ContainerSummary* best = nullptr;
    for (const auto* container : group) {
      if (isBroken(container->state)) continue;
      if (best == nullptr || rank(*best) < rank(*container)) best = container;
    }
    return best;
  }

  bool rightName(int number, const std::string& name) const {
    return name == containerName(plan_, service_, number) ||
           (service_.containerName.empty() && name == legacyContainerName(plan_, service_, number));
  }

  Replica judge(int number, const ContainerSummary& container) const {
    Replica replica;
    replica.number = number;
    replica.id = container.id;
    replica.oldName = container.name;
    replica.state = container.state;
    replica.name = containerName(plan_, service_, number);
    replica.reason = whyRecreate(number, container);
    if (!replica.reason.empty()) {
      replica.action = Replica::Action::kRecreate;
    } else if (rightName(number, container.name)) {
      replica.name = container.name;
    }
    return replica;
  }

  std::string whyRecreate(int number, const ContainerSummary& container) const {
    if (std::string gone = missingPartner(container); !gone.empty()) return gone;
    if (options_.noRecreate) return {};
    if (named_ ? options_.forceRecreate : options_.alwaysRecreateDeps) return "asked for";
    if (madeByOrbit(container.labels)) {
      if (labelOf(container.labels, kConfigHashLabel) != service_.configHash) return "its configuration changed";
    } else if (const auto found = options_.differences.find(container.id);
               found != options_.differences.end() && !found->second.empty()) {
      return join(found->second, ", ") + " changed";
    }
    if (const auto image = options_.imageIds.find(service_.name);
        image != options_.imageIds.end() && !image->second.empty() && image->second != container.imageId) {
      return "its image changed";
    }
    const std::string name = containerName(plan_, service_, number);
    if (!rightName(number, container.name) && !endsWith(container.name, "_" + name)) return "its name changed";
    return missingAttachment(container);
  }

  // A container that shares namespaces or volumes works only with the very container it was made for.
  std::string missingPartner(const ContainerSummary& container) const {
    for (const auto& name : sharesWith(service_)) {
      const auto found = before_.services.find(name);
      if (found == before_.services.end()) continue;
      for (const auto& replica : found->second.replicas) {
        if (replica.action != Replica::Action::kKeep) return name + ", whose parts it shares, is recreated";
      }
    }
    for (const auto id : split(labelOf(container.labels, kSharesLabel), ',')) {
      const auto same = [&](const ContainerSummary& other) { return other.id == id; };
      if (!id.empty() && std::none_of(observed_.containers.begin(), observed_.containers.end(), same)) {
        return "a container whose parts it shared is gone";
      }
    }
    return {};
  }

  std::string missingAttachment(const ContainerSummary& container) const {
    if (service_.container.networkMode.empty()) {
      for (const auto& attachment : service_.container.networks) {
        for (const auto& network : plan_.networks) {
          if (network.key != attachment.network) continue;
          const bool there = network.external || observed_.hasNetwork(network.name);
          if (!there || !container.addresses.contains(network.name)) return "network " + network.name + " is new";
        }
      }
    }
    for (const auto& mount : service_.container.mounts) {
      if (mount.type != model::Mount::Type::kVolume || mount.source.empty()) continue;
      for (const auto& volume : plan_.volumes) {
        if (volume.key == mount.source && !contains(container.volumes, volume.name)) {
          return "volume " + volume.name + " is new";
        }
      }
    }
    return {};
  }

  const model::Plan& plan_;
  const model::Service& service_;
  bool named_;
  const Observed& observed_;
  const ConvergeOptions& options_;
  const Decision& before_;
  ServiceDecision result_;
};

}  // namespace

bool Observed::hasNetwork(std::string_view name) const {
  return std::any_of(networks.begin(), networks.end(), [&](const auto& network) { return network.name == name; });
}

bool Observed::hasVolume(std::string_view name) const {
  return std::any_of(volumes.begin(), volumes.end(), [&](const auto& volume) { return volume.name == name; });
}

bool ServiceDecision::recreates() const {
  return std::any_of(replicas.begin(), replicas.end(),
                     [](const Replica& replica) { return replica.action == Replica::Action::kRecreate; });
}

Decision decide(const model::Plan& plan, const Schedule& order, const Observed& observed,
                const ConvergeOptions& options) {
  Decision decision;
  for (const auto& turn : order.turns) {
    ServiceDecision service = ServiceCase(plan, turn, observed, options, decision).decide();
    for (const auto& dependency : turn.waitsFor) {
      const auto found = decision.services.find(dependency.service);
      if (dependency.restart && found != decision.services.end() && found->second.recreates()) service.restart = true;
    }
    decision.services[turn.service->name] = std::move(service);
  }
  for (const auto& container : observed.containers) {
    const std::string& service = labelOf(container.labels, kServiceLabel);
    if (isOneOff(container.labels) || plan.find(service) != nullptr || contains(plan.disabled, service)) continue;
    decision.orphans.push_back(removal(container, "its service is not in the file"));
  }
  return decision;
}

std::vector<const ContainerSummary*> adopted(const Schedule& order, const Observed& observed) {
  std::vector<const ContainerSummary*> all;
  for (const auto& container : observed.containers) {
    if (isOneOff(container.labels) || madeByOrbit(container.labels)) continue;
    const std::string& service = labelOf(container.labels, kServiceLabel);
    for (const auto& turn : order.turns) {
      if (turn.service->name == service) all.push_back(&container);
    }
  }
  return all;
}

}  // namespace orbit::stack

// `devices`, `gpus`, reserved devices, `ulimits`.
#include "project/plan.h"

namespace orbit::project {
namespace {

model::DeviceRequest planRequest(const Fields& fields, bool gpu) {
  constexpr std::int64_t kDevicesMax = 100'000;
  model::DeviceRequest request;
  request.driver = fields.text("driver");
  request.ids = fields.strings("device_ids");
  request.capabilities = fields.strings("capabilities");
  request.options = fields.map("options");
  if (request.capabilities.empty()) {
    if (gpu) {
      request.capabilities = {"gpu"};
    } else {
      fields.findings().problem(fields.node()->at, fields.path() + " has no `capabilities`",
                                "for example `capabilities: [gpu]`");
    }
  }
  if (fields.text("count") == "all") {
    request.count = -1;
  } else if (const auto count = fields.integer("count", -1, kDevicesMax)) {
    request.count = *count;
  } else if (request.ids.empty()) {
    request.count = -1;
  }
  if (fields.has("count") && !request.ids.empty()) {
    fields.problem("count", "`count` and `device_ids` exclude each other", "keep one of them");
  }
  return request;
}

void planRequests(const Fields& fields, std::string_view key, bool gpu, model::ContainerSpec& container) {
  const format::Node* value = fields.find(key);
  if (value == nullptr) return;
  if (value->isScalar()) {
    if (value->text != "all")
      fields.problem(key, "expected `all` or a list, found `" + value->text + "`", "for example `gpus: all`");
    model::DeviceRequest request;
    request.count = -1;
    request.capabilities = {"gpu"};
    container.deviceRequests.push_back(std::move(request));
    return;
  }
  for (std::size_t i = 0; i < value->items.size(); ++i) {
    const Fields one(&value->items[i], fields.pathOf(key) + "[" + std::to_string(i) + "]", fields.findings());
    container.deviceRequests.push_back(planRequest(one, gpu));
  }
}

void planUlimits(const Fields& fields, model::ContainerSpec& container) {
  const format::Node* ulimits = fields.find("ulimits");
  if (ulimits == nullptr) return;
  constexpr std::int64_t kLimitMax = INT64_MAX;
  const Fields all = fields.in("ulimits");
  for (const auto& entry : ulimits->entries) {
    model::Ulimit limit;
    limit.name = entry.key;
    if (entry.value.isMapping()) {
      const Fields pair = all.in(entry.key);
      const auto soft = pair.integer("soft", -1, kLimitMax);
      const auto hard = pair.integer("hard", -1, kLimitMax);
      if (!soft && !hard) {
        all.problem(entry.key, "neither `soft` nor `hard`",
                    "for example `" + entry.key + ": {soft: 20000, hard: 40000}`");
      }
      limit.soft = soft ? *soft : hard.value_or(0);
      limit.hard = hard ? *hard : soft.value_or(0);
      if (limit.hard >= 0 && limit.soft > limit.hard) {
        all.problem(entry.key, "the soft limit is above the hard one", "make `soft` at most `hard`");
      }
    } else {
      limit.soft = limit.hard = all.integer(entry.key, -1, kLimitMax).value_or(0);
    }
    container.ulimits.push_back(std::move(limit));
  }
}

}  // namespace

void planDevices(const Fields& fields, model::ContainerSpec& container) {
  const auto& items = fields.items("devices");
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Fields one(&items[i], fields.pathOf("devices") + "[" + std::to_string(i) + "]", fields.findings());
    model::Device device;
    device.source = one.text("source");
    device.target = one.text("target", device.source);
    device.permissions = one.text("permissions", "rwm");
    if (device.permissions.empty() || device.permissions.find_first_not_of("rwm") != std::string::npos) {
      one.problem("permissions", "`" + device.permissions + "` are no permissions",
                  "any of r (read), w (write), m (mknod): rw");
    }
    container.devices.push_back(std::move(device));
  }
  planRequests(fields.in("deploy").in("resources").in("reservations"), "devices", false, container);
  planRequests(fields, "gpus", true, container);
  planUlimits(fields, container);
}

}  // namespace orbit::project

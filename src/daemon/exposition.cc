#include "daemon/exposition.h"

#include <fmt/format.h>

namespace orbit::daemon {
namespace {

constexpr double kBoundsSeconds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1, 2.5, 5, 10};
constexpr std::string_view kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out += "\\n";
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string label(std::string_view name, std::string_view value) {
  return fmt::format("{}=\"{}\"", name, escaped(value));
}

// One metric: its head, then its samples.
class Family {
 public:
  Family(std::string& out, std::string name, std::string_view type, std::string_view help)
      : out_(out), name_(std::move(name)) {
    out_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name_, help, name_, type);
  }
  template <class Number>
  void sample(const std::string& labels, Number value, std::string_view suffix = "") {
    out_ += fmt::format("{}{}{} {}\n", name_, suffix, labels.empty() ? "" : "{" + labels + "}", value);
  }

 private:
  std::string& out_;
  std::string name_;
};

std::string labelsOf(const series::Key& key) {
  return label("project", key.project) + "," + label("environment", key.environment) + "," +
         label("service", key.service);
}

std::string labelsOf(const api::ContainerNow& container) {
  return label("project", container.project) + "," + label("environment", container.environment) + "," +
         label("service", container.service) + "," + label("container", container.name);
}

void addRequests(std::string& out, const std::map<series::Key, series::Value>& services) {
  Family requests(out, "orbit_requests_total", "counter", "Requests that clients made, by class of status.");
  for (const auto& [key, value] : services) {
    for (std::size_t at = 0; at < value.counters.byClass.size(); ++at) {
      requests.sample(labelsOf(key) + "," + label("class", kClasses[at]), value.counters.byClass[at]);
    }
  }
  const auto counter = [&](const char* name, const char* help, std::uint64_t signal::Counters::*which) {
    Family family(out, name, "counter", help);
    for (const auto& [key, value] : services) family.sample(labelsOf(key), value.counters.*which);
  };
  counter("orbit_request_errors_total", "Answers of 5xx and answers that were cut off.", &signal::Counters::errors);
  counter("orbit_requests_over_threshold_total", "Requests slower than their route's objective.",
          &signal::Counters::overThreshold);
  counter("orbit_request_bytes_total", "Bytes of bodies that clients sent.", &signal::Counters::bytesIn);
  counter("orbit_response_bytes_total", "Bytes of bodies that clients got.", &signal::Counters::bytesOut);
}

void addDurations(std::string& out, const std::map<series::Key, series::Value>& services) {
  Family durations(out, "orbit_request_duration_seconds", "histogram",
                   "From the whole head of a request to the last byte of its answer.");
  for (const auto& [key, value] : services) {
    const std::uint64_t count = value.latency.count();
    for (const double bound : kBoundsSeconds) {
      const std::uint64_t above = value.latency.above(static_cast<std::uint64_t>(bound * 1e6)).certainly;
      durations.sample(labelsOf(key) + "," + label("le", fmt::format("{}", bound)), count - above, "_bucket");
    }
    durations.sample(labelsOf(key) + "," + label("le", "+Inf"), count, "_bucket");
    durations.sample(labelsOf(key), static_cast<double>(value.counters.latencySumUs) / 1e6, "_sum");
    durations.sample(labelsOf(key), count, "_count");
  }
}

void addContainers(std::string& out, const std::vector<api::ContainerNow>& containers) {
  const auto each = [&](const char* name, const char* type, const char* help, auto valueOf) {
    Family family(out, name, type, help);
    for (const auto& container : containers) family.sample(labelsOf(container), valueOf(container));
  };
  using Now = const api::ContainerNow&;
  each("orbit_container_cpu_seconds_total", "counter", "Time of processors that a container used.",
       [](Now now) { return now.cpuSeconds; });
  each("orbit_container_memory_bytes", "gauge", "Memory without page cache that can be taken back.",
       [](Now now) { return now.memoryBytes; });
  each("orbit_container_network_receive_bytes_total", "counter", "Bytes received.",
       [](Now now) { return now.receivedBytes; });
  each("orbit_container_network_transmit_bytes_total", "counter", "Bytes sent.", [](Now now) { return now.sentBytes; });
  each("orbit_container_oom_kills_total", "counter", "Processes killed for want of memory.",
       [](Now now) { return now.oomKills; });
  each("orbit_container_restarts_total", "counter", "Restarts by the engine.", [](Now now) { return now.restarts; });
}

void addHost(std::string& out, const api::HostNow& host) {
  const auto gauge = [&](const char* name, const char* help, auto value) {
    Family(out, name, "gauge", help).sample("", value);
  };
  gauge("orbit_host_load1", "Load average of a minute.", host.load1);
  gauge("orbit_host_processors", "Processors of this machine.", host.processors);
  gauge("orbit_host_memory_bytes", "Memory of this machine.", host.memoryBytes);
  gauge("orbit_host_memory_used_bytes", "Memory that is not available to a new program.", host.usedBytes);
  Family sizes(out, "orbit_host_disk_bytes", "gauge", "Size of the disk that holds a path.");
  for (const auto& disk : host.disks) sizes.sample(label("path", disk.path), disk.bytes);
  Family used(out, "orbit_host_disk_used_bytes", "gauge", "What of it is used.");
  for (const auto& disk : host.disks) used.sample(label("path", disk.path), disk.usedBytes);
}

}  // namespace

std::string expositionText(const Exposed& exposed) {
  std::string out;
  Family(out, "orbit_build_info", "gauge", "The version that runs.").sample(label("version", buildVersion()), 1);
  Family(out, "orbit_series_written", "gauge", "Whether what is measured is on disk.")
      .sample("", exposed.written ? 1 : 0);
  Family(out, "orbit_samples_dropped_total", "counter", "Requests that could not be counted by name.")
      .sample("", exposed.samplesDropped);
  addRequests(out, exposed.services);
  addDurations(out, exposed.services);
  addContainers(out, exposed.containers);
  addHost(out, exposed.host);
  return out;
}

}  // namespace orbit::daemon

// The short forms of ports, volumes and devices as mappings of the long form. Source: Compose Specification,
// "05-services.md": ports, volumes, devices. Thread rules: pure functions.
#pragma once
#include <vector>

#include "format/node.h"

namespace orbit::project {

// "127.0.0.1:8000-8002:80-82/udp" as one mapping for each port. Errors: kInvalid, kLimit.
Result<std::vector<format::Node>> longPorts(const format::Node& item);
// "./data:/data:ro,z". Errors: kInvalid.
Result<format::Node> longVolume(const format::Node& item);
// "/dev/ttyUSB0:/dev/ttyUSB0:rw". Errors: kInvalid.
Result<format::Node> longDevice(const format::Node& item);

}  // namespace orbit::project

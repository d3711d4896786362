// The signal files of the generations in one folder: "<generation>.signals". A living generation keeps a shared lock on
// its own, so that nobody removes what is still written. Private to plane. Thread rules: plain functions; they block.
#pragma once
#include <cstdint>
#include <string>

#include "net/descriptor.h"

namespace orbit::plane {

// Kept for as long as this generation lives.
net::Descriptor holdSignalFile(const std::string& path);
// Those of generations before `generation` whose process is gone, but for the two newest, which a reader may still
// want.
void removeOldSignalFiles(const std::string& folder, std::uint64_t generation);

}  // namespace orbit::plane

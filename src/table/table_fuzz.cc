// Tables: what is accepted passes check(), and is read back equal from what write() makes of it.
#include "table/table.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace orbit;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const char* name : {"edge.yaml", "edge.json"}) {
    const auto reading = table::read(text, name);
    for (const auto& problem : reading.problems) ORBIT_CHECK(!problem.message.empty() && problem.at.line >= 0);
    if (!reading.problems.empty()) continue;
    ORBIT_CHECK(table::check(reading.table).empty());
    const std::string written = table::write(reading.table);
    const auto again = table::read(written, "edge.json");
    ORBIT_CHECK(again.problems.empty() && again.table == reading.table);
    ORBIT_CHECK(table::write(again.table) == written);
    for (const auto& service : reading.table.services) {
      const auto one = table::readService(table::writeService(service), "service.json");
      ORBIT_CHECK(one.problems.empty() && one.service == service);
    }
  }
  return 0;
}

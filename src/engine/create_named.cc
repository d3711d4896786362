#include "engine/engine.h"
#include "engine/limits.h"

namespace orbit::engine {

bool isNameTaken(const Error& error) {
  return error.code == Code::kConflict && error.message.find("container name") != std::string::npos;
}

net::Task<Result<std::string>> createNamed(net::Loop& loop, Engine& engine, std::string name, model::ContainerSpec spec,
                                           net::Wait wait) {
  const Instant patience = loop.clock().now() + kNamePatience;
  for (;;) {
    model::ContainerSpec once = spec;
    auto made = co_await engine.createContainer(name, std::move(once), wait);
    if (made.ok() || !isNameTaken(made.error()) || loop.clock().now() >= patience) co_return made;
    const auto holder = co_await engine.inspectContainer(name, wait);
    if (holder.ok() || holder.error().code != Code::kNotFound) co_return made;
    ORBIT_CO_TRY_STATUS(co_await loop.sleep(kNameGap, wait));
  }
}

}  // namespace orbit::engine

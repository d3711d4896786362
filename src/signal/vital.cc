#include "signal/vital.h"

#include "base/text.h"

namespace orbit::signal {
namespace {

constexpr std::string_view kFromCache = "from cache ";

}  // namespace

std::string vitalText(const VitalName& name) {
  std::string text(name.metric);
  text += " ";
  if (name.fromCache) text += kFromCache;
  return text.append(name.page);
}

VitalName vitalNameOf(std::string_view instance) {
  VitalName name;
  const std::size_t space = std::min(instance.find(' '), instance.size());
  name.metric = instance.substr(0, space);
  instance.remove_prefix(std::min(space + 1, instance.size()));
  name.fromCache = startsWith(instance, kFromCache);
  if (name.fromCache) instance.remove_prefix(kFromCache.size());
  name.page = instance;
  return name;
}

}  // namespace orbit::signal

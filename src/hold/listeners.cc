#include "hold/listeners.h"

#include <algorithm>

#include "hold/beside.h"
#include "hold/limits.h"

namespace orbit::hold {
namespace {

// One word of a command, printable. Tables name listeners by their address when nothing else is said: "[::]:443".
bool isName(std::string_view name) {
  return !name.empty() && name.size() <= kListenerNameBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

std::vector<Listeners::Row>::iterator Listeners::find(const std::string& name) {
  return std::find_if(rows_.begin(), rows_.end(), [&name](const Row& row) { return row.name == name; });
}

Status Listeners::listen(const std::string& name, const std::string& address, bool freeBind) {
  if (!isName(name)) return Error{Code::kInvalid, "a listener's name is one word of at most 128 bytes"};
  if (const auto found = find(name); found != rows_.end()) {
    if (found->address == address && found->freeBind == freeBind) return {};
    return Error{Code::kConflict, name + " listens on " + found->address + " already; release it first"};
  }
  if (rows_.size() == kTcpListenersMax) return Error{Code::kLimit, "there are 1000 listeners already"};
  auto descriptor = net::listenTcp(address, freeBind);
  if (!descriptor.ok() && descriptor.error().code == Code::kConflict) {
    const std::vector<int> own = atPortOf(address);
    if (!own.empty()) descriptor = listenBeside(address, freeBind, own);
  }
  if (!descriptor.ok()) return std::move(descriptor).error();
  rows_.push_back({name, address, freeBind, std::move(*descriptor)});
  return {};
}

// Ours on other addresses, of the same port.
std::vector<int> Listeners::atPortOf(const std::string& address) const {
  const std::string port = address.substr(std::min(address.rfind(':'), address.size()));
  std::vector<int> own;
  for (const Row& row : rows_) {
    if (row.address != address && endsWith(row.address, port)) own.push_back(row.descriptor.get());
  }
  return own;
}

Status Listeners::release(const std::string& name) {
  const auto found = find(name);
  if (found == rows_.end()) return Error{Code::kNotFound, "no listener is named " + name};
  rows_.erase(found);
  return {};
}

std::string Listeners::list() const {
  std::string text;
  for (const Row& row : rows_) text += row.name + " " + row.address + "\n";
  return text;
}

std::vector<int> Listeners::descriptors() const {
  std::vector<int> all;
  for (const Row& row : rows_) all.push_back(row.descriptor.get());
  return all;
}

}  // namespace orbit::hold

#include <fmt/format.h>

#include "format/json.h"
#include "table/shape.h"
#include "table/table.h"

namespace orbit::table {
namespace {

using format::Json;

std::string durationText(std::chrono::milliseconds time) {
  return time.count() % 1000 == 0 ? fmt::format("{}s", time.count() / 1000) : fmt::format("{}ms", time.count());
}

template <class T>
Json jsonOf(const T& value);

// Members that differ from the model's defaults.
template <class T>
class ObjectWriter {
 public:
  explicit ObjectWriter(const T& value) : value_(value) {}

  void text(std::string_view key, std::string T::*member) { set(key, member, value_.*member); }
  void texts(std::string_view key, std::vector<std::string> T::*member) {
    if (differs(member)) json_.set(key, Json::strings(value_.*member));
  }
  void flag(std::string_view key, bool T::*member) { set(key, member, value_.*member); }
  template <class N>
  void number(std::string_view key, N T::*member, std::uint64_t, std::uint64_t) {
    set(key, member, static_cast<std::int64_t>(value_.*member));
  }
  void numbers(std::string_view key, std::vector<int> T::*member, std::uint64_t, std::uint64_t) {
    if (differs(member)) json_.set(key, Json(Json::Array((value_.*member).begin(), (value_.*member).end())));
  }
  template <class D, class Least>
  void duration(std::string_view key, D T::*member, Least, std::chrono::milliseconds) {
    set(key, member, durationText(value_.*member));
  }
  void seconds(std::string_view key, std::uint64_t T::*member, std::chrono::seconds) {
    set(key, member, fmt::format("{}s", value_.*member));
  }
  template <class N>
  void bytes(std::string_view key, N T::*member, std::uint64_t, std::uint64_t) {
    set(key, member, static_cast<std::int64_t>(value_.*member));
  }
  template <class E, class W>
  void word(std::string_view key, E T::*member, const W& words) {
    for (const auto& [name, value] : words) {
      if (value_.*member == value) set(key, member, name);
    }
  }
  template <class E, class W>
  void tagged(E T::*kind, std::string T::*text, const W& words) {
    for (const auto& [key, value] : words) {
      if (value_.*kind == value) json_.set(key, Json(value_.*text));
    }
  }
  template <class S>
  void list(std::string_view key, std::vector<S> T::*member) {
    if ((value_.*member).empty()) return;
    Json::Array items;
    items.reserve((value_.*member).size());
    for (const S& item : value_.*member) items.push_back(jsonOf(item));
    json_.set(key, Json(std::move(items)));
  }
  template <class S>
  void one(std::string_view key, std::vector<S> T::*member) {
    if (!(value_.*member).empty()) json_.set(key, jsonOf((value_.*member).front()));
  }
  template <class S>
  void part(std::string_view key, S T::*member) {
    if (differs(member)) json_.set(key, jsonOf(value_.*member));
  }

  Json take() && { return std::move(json_); }

 private:
  template <class M>
  bool differs(M T::*member) const {
    static const T kDefaults{};
    return !(value_.*member == kDefaults.*member);
  }
  template <class M, class V>
  void set(std::string_view key, M T::*member, V value) {
    if (differs(member)) json_.set(key, Json(std::move(value)));
  }

  const T& value_;
  Json json_ = Json::object();
};

template <class T>
Json jsonOf(const T& value) {
  ObjectWriter<T> writer(value);
  Shape<T>::describe(writer);
  return std::move(writer).take();
}

}  // namespace

std::string write(const model::RouteTable& table) {
  Json json = Json::object({{"version", table.version}});
  Json members = jsonOf(table);
  for (const auto& [key, value] : members.members()) json.set(key, value);
  return json.dump() + "\n";
}

std::string writeService(const model::TableService& service) {
  return jsonOf(service).dump() + "\n";
}

}  // namespace orbit::table

#include <fmt/format.h>

#include "table/check.h"
#include "table/shape.h"

namespace orbit::table {
namespace {

template <class T>
void rangesOf(const T& value, const Path& path, Problems& problems);

// What the text form could not hold either: numbers and times out of their ranges, more than one where one may be.
template <class T>
class ObjectRanges {
 public:
  ObjectRanges(const T& value, const Path& path, Problems& problems)
      : value_(value), path_(path), problems_(problems) {}

  template <class... Rest>
  void text(Rest...) {}
  template <class... Rest>
  void texts(Rest...) {}
  template <class... Rest>
  void flag(Rest...) {}
  template <class Member, class W>
  void word(std::string_view, Member, const W&) {}
  template <class Kind, class Text, class W>
  void tagged(Kind, Text, const W&) {}

  template <class N>
  void number(std::string_view key, N T::*member, std::uint64_t least, std::uint64_t most) {
    const auto value = value_.*member;
    if (!std::in_range<std::uint64_t>(value) || value < static_cast<N>(least) ||
        static_cast<std::uint64_t>(value) > most) {
      outside(key, fmt::format("is {}, out of {} to {}", value, least, most));
    }
  }
  void numbers(std::string_view key, std::vector<int> T::*member, int least, int most) {
    for (const int value : value_.*member) {
      if (value < least || value > most) outside(key, fmt::format("holds {}, out of {} to {}", value, least, most));
    }
  }
  template <class D, class Least>
  void duration(std::string_view key, D T::*member, Least least, std::chrono::milliseconds most) {
    const auto value = value_.*member;
    if (value < least || value > most) {
      outside(key, fmt::format("is {} ms, out of {} to {}", std::chrono::milliseconds(value).count(),
                               std::chrono::milliseconds(least).count(), most.count()));
    }
  }
  void seconds(std::string_view key, std::uint64_t T::*member, std::chrono::seconds most) {
    if (value_.*member > static_cast<std::uint64_t>(most.count())) {
      outside(key, fmt::format("is longer than {} s", most.count()));
    }
  }
  template <class N>
  void bytes(std::string_view key, N T::*member, std::uint64_t least, std::uint64_t most) {
    number(key, member, least, most);
  }
  template <class S>
  void list(std::string_view key, std::vector<S> T::*member) {
    const Path path = path_ / key;
    for (std::size_t i = 0; i < (value_.*member).size(); ++i) rangesOf((value_.*member)[i], path[i], problems_);
  }
  template <class S>
  void one(std::string_view key, std::vector<S> T::*member) {
    if ((value_.*member).size() > 1) outside(key, "is there more than once");
    if (!(value_.*member).empty()) rangesOf((value_.*member).front(), path_ / key, problems_);
  }
  template <class S>
  void part(std::string_view key, S T::*member) {
    rangesOf(value_.*member, path_ / key, problems_);
  }

 private:
  void outside(std::string_view key, std::string message) {
    problems_.push_back({(path_ / key).trail(), std::move(message), ""});
  }

  const T& value_;
  const Path& path_;
  Problems& problems_;
};

template <class T>
void rangesOf(const T& value, const Path& path, Problems& problems) {
  ObjectRanges<T> ranges(value, path, problems);
  Shape<T>::describe(ranges);
}

}  // namespace

void checkRanges(const model::RouteTable& table, Problems& problems) {
  rangesOf(table, Path(), problems);
}

void checkRanges(const model::TableService& service, const Path& path, Problems& problems) {
  rangesOf(service, path, problems);
}

}  // namespace orbit::table

#include "series/mark.h"

#include "series/span.h"

namespace orbit::series {

std::string packMark(const Mark& mark) {
  Packer out;
  out.number(static_cast<std::uint64_t>(mark.kind));
  out.signedNumber(mark.wallUs);
  out.signedNumber(mark.detail);
  return std::move(out.bytes());
}

Result<Mark> unpackMark(std::string_view payload) {
  Unpacker in(payload);
  const std::uint64_t kind = in.number();
  Mark mark;
  mark.wallUs = in.signedNumber();
  mark.detail = in.signedNumber();
  const bool known = kind >= 1 && kind <= static_cast<std::uint64_t>(Mark::Kind::kStep);
  if (!in.ok() || !known) return Error{Code::kInvalid, "a mark of the series is not readable", "", {}, false};
  mark.kind = static_cast<Mark::Kind>(kind);
  return mark;
}

}  // namespace orbit::series

#include "model/notice.h"

namespace orbit::model {

std::string_view eventName(Notice::Event event) {
  switch (event) {
    case Notice::Event::kOpened:
      return "opened";
    case Notice::Event::kChanged:
      return "changed";
    case Notice::Event::kRepeated:
      return "repeated";
    case Notice::Event::kResolved:
      return "resolved";
    case Notice::Event::kTest:
      return "test";
    case Notice::Event::kUndelivered:
      return "undelivered";
  }
  return "";
}

std::string_view severityName(Severity severity) {
  return severity == Severity::kCritical ? "critical" : "warning";
}

}  // namespace orbit::model

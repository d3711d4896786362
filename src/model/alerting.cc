#include "model/alerting.h"

namespace orbit::model {

std::string_view kindName(Receiver::Kind kind) {
  switch (kind) {
    case Receiver::Kind::kWebhook:
      return "webhook";
    case Receiver::Kind::kSlack:
      return "slack";
    case Receiver::Kind::kEmail:
      return "email";
    case Receiver::Kind::kNtfy:
      return "ntfy";
    case Receiver::Kind::kCommand:
      return "command";
  }
  return "";
}

}  // namespace orbit::model

// A notice as a mail (RFC 5322, MIME). Private to notify. Thread rules: pure.
#pragma once
#include <string>

#include "notify/notify.h"

namespace orbit::notify {

// "[critical] shop (production): errors of web: … (i12)".
std::string headline(const model::Notice& notice);
// The notices of one incident are one thread: the first has a Message-ID that the later ones answer to. Errors:
// kInvalid.
Result<Request> mail(const model::Receiver& receiver, const model::Notice& notice, const std::string& home,
                     std::int64_t nowUs);
// "=?UTF-8?B?…?=" where the text is not plain ASCII (RFC 2047); never with a line break in it.
std::string headerText(const std::string& text);
// "Sat, 28 Nov 2026 18:00:00 +0000"
std::string mailDate(std::int64_t wallUs);

}  // namespace orbit::notify

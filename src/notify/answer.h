// What an answer means, and when to try again. Private to notify. Thread rules: pure.
#pragma once
#include <string>

#include "base/base.h"
#include "notify/notify.h"

namespace orbit::notify {

// `retryAfter`: the header's text, "" none; `body`: the first bytes of the answer.
Answer httpAnswer(int status, const std::string& retryAfter, const std::string& body);
// A reply of SMTP (RFC 5321 4.2.1): 4yz is for now, 5yz for good.
Answer mailAnswer(int reply, const std::string& problem);
// The pause after so many attempts: doubled each time, with up to a quarter more by chance, so that receivers that come
// back are not met by all at once; a stated time instead, never less.
Duration pauseAfter(int attempts, const std::optional<Duration>& stated, Random& random);

}  // namespace orbit::notify

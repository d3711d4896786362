// Sec-WebSocket-Accept of a key (RFC 6455, 4.2.2). A pure function; own SHA-1, since the application links nothing.
#pragma once
#include <string>
#include <string_view>

namespace app {
std::string webSocketAccept(std::string_view key);
}

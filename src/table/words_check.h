// Whether a word of a table is what it has to be: names, hosts, paths, addresses, field names and values. Each says
// what is wrong, or "". Private to table. Thread rules: pure functions.
#pragma once
#include <string>
#include <string_view>

namespace orbit::table {

// A name that goes into logs, signals and cookies: printable ASCII without space, quotes, comma, semicolon, backslash.
std::string nameFault(std::string_view name);
// One that goes into a URL's path as well: letters, digits, ".", "_", "-", ":".
std::string plainNameFault(std::string_view name);
// "example.com", "192.0.2.1", "[2001:db8::1]"; with `wildcard` also "*.example.com". Lower case.
std::string hostFault(std::string_view host, bool wildcard);
// "[2001:db8::1]" however an IPv6 address in brackets was written (RFC 5952); any other text as it is.
std::string shortIpv6(const std::string& host);
// A path in normal form (RFC 3986 6.2.2): what a request's path is compared with.
std::string pathFault(std::string_view path);
// The same with a query behind it.
std::string requestTargetFault(std::string_view target);
// A host as a Host field has it: with a port, if any.
std::string hostAndPortFault(std::string_view host);
// "0.0.0.0:443", "[::]:443"; with `instance` also "unix:/path". Names are never looked up.
std::string addressFault(std::string_view address, bool instance);
std::string tokenFault(std::string_view name);
std::string fieldValueFault(std::string_view value);
// A field that belongs to the connection or the message's framing (RFC 9110 7.6.1), which no edit may touch.
bool isFramingField(std::string_view name);
// "" when RE2 takes it; how many groups it has.
std::string patternFault(const std::string& pattern, int& groups);
// \0 to \9 for a pattern with so many groups.
std::string replacementFault(std::string_view replacement, int groups);
// "10.0.0.0/8", "2001:db8::/32", "192.0.2.1".
std::string rangeFault(std::string_view range);

}  // namespace orbit::table

#include "http/message.h"

#include <utility>

#include "http/core/syntax.h"

namespace orbit::http {
namespace {

// RFC 9110 15.
constexpr std::pair<int, std::string_view> kReasons[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

}  // namespace

std::string_view Fields::get(std::string_view name) const {
  for (const Field& field : fields_) {
    if (sameName(field.name, name)) return field.value;
  }
  return {};
}

bool Fields::has(std::string_view name) const {
  for (const Field& field : fields_) {
    if (sameName(field.name, name)) return true;
  }
  return false;
}

void Fields::set(std::string name, std::string value) {
  erase(name);
  add(std::move(name), std::move(value));
}

void Fields::erase(std::string_view name) {
  std::erase_if(fields_, [name](const Field& field) { return sameName(field.name, name); });
}

std::string_view reasonPhrase(int status) {
  for (const auto& [known, phrase] : kReasons) {
    if (known == status) return phrase;
  }
  return {};
}

}  // namespace orbit::http

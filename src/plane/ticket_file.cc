#include "plane/ticket_file.h"

#include <sodium.h>

#include <cstring>

#include "plane/files.h"
#include "plane/limits.h"

namespace orbit::plane {
namespace {

// Each key stands behind the time it was made: 8 bytes, microseconds since 1970.
constexpr std::size_t kRowBytes = 8 + kTicketKeyBytes;

std::string newRow(std::int64_t wallUs) {
  std::string row(kRowBytes, '\0');
  std::memcpy(row.data(), &wallUs, 8);
  randombytes_buf(row.data() + 8, kTicketKeyBytes);
  return row;
}

std::int64_t madeUs(std::string_view row) {
  std::int64_t wallUs = 0;
  std::memcpy(&wallUs, row.data(), 8);
  return wallUs;
}

}  // namespace

std::vector<std::string> TicketFile::keys(std::int64_t wallUs, Status& problem) {
  problem = {};
  std::vector<std::string> rows;
  const auto bytes = readFile(path_, kRowBytes * kTicketKeysKept);
  if (bytes.ok() && bytes->size() % kRowBytes == 0) {
    for (std::size_t at = 0; at < bytes->size(); at += kRowBytes) rows.push_back(bytes->substr(at, kRowBytes));
  }
  const std::int64_t lifeUs = std::chrono::duration_cast<std::chrono::microseconds>(kTicketKeyLife).count();
  // A wall clock that went back makes a key from the future: as good as an old one.
  if (rows.empty() || madeUs(rows.front()) > wallUs || wallUs - madeUs(rows.front()) >= lifeUs) {
    rows.insert(rows.begin(), newRow(wallUs));
    if (rows.size() > kTicketKeysKept) rows.resize(kTicketKeysKept);
    std::string all;
    for (const std::string& row : rows) all += row;
    problem = writeFile(path_, all);
  }
  std::vector<std::string> keys;
  for (const std::string& row : rows) keys.push_back(row.substr(8));
  return keys;
}

}  // namespace orbit::plane

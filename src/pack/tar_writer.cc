// POSIX.1-2001, pax: "ustar Interchange Format" and "pax Interchange Format".
#include "pack/tar_writer.h"

namespace orbit::pack {
namespace {

constexpr std::size_t kRecordBytes = 512;
constexpr std::size_t kBlockBytes = 64 << 10;
constexpr char kFile = '0', kLink = '2', kFolder = '5', kPax = 'x';

// The fields of a header record.
struct Header {
  char name[100], mode[8], owner[8], group[8], size[12], modified[12], checksum[8], type, linked[100];
  char magic[6], version[2], ownerName[32], groupName[32], major[8], minor[8], prefix[155], rest[12];
};
static_assert(sizeof(Header) == kRecordBytes);

template <std::size_t N>
bool fits(const char (&)[N], std::int64_t value) {
  return value >= 0 && value >> (3 * (N - 1)) == 0;
}

// Octal digits and a zero byte.
template <std::size_t N>
void put(char (&field)[N], std::int64_t value) {
  field[N - 1] = '\0';
  for (std::size_t i = N - 1; i-- > 0; value >>= 3) field[i] = static_cast<char>('0' + (value & 7));
}

template <std::size_t N>
void put(char (&field)[N], std::string_view text) {
  std::memcpy(field, text.data(), std::min(text.size(), N));
}

bool isAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// "<size> <key>=<value>\n", where the size counts its own digits too.
std::string paxRecord(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t size = rest + 1;
  while (rest + std::to_string(size).size() != size) ++size;
  return std::to_string(size) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

// Splits a long path at a '/' between the two fields that make it up. False: there is no such place.
bool putPath(Header& header, std::string_view path) {
  if (path.size() <= sizeof header.name) {
    put(header.name, path);
    return true;
  }
  const auto slash = path.find('/', path.size() - sizeof header.name - 1);
  if (slash == std::string_view::npos || slash == 0 || slash > sizeof header.prefix || slash + 1 == path.size()) {
    return false;
  }
  put(header.prefix, path.substr(0, slash));
  put(header.name, path.substr(slash + 1));
  return true;
}

std::string_view sealed(Header& header) {
  put(header.magic, "ustar");
  put(header.version, "00");
  put(header.major, 0);
  put(header.minor, 0);
  std::memset(header.checksum, ' ', sizeof header.checksum);
  const std::string_view bytes(reinterpret_cast<const char*>(&header), sizeof header);
  std::int64_t sum = 0;
  for (const char byte : bytes) sum += static_cast<unsigned char>(byte);
  char digits[7];
  put(digits, sum);
  std::memcpy(header.checksum, digits, sizeof digits);
  return bytes;
}

}  // namespace

Status TarWriter::folder(const Entry& entry) {
  return begin(entry, kFolder, 0, "");
}

Status TarWriter::link(const Entry& entry, const std::string& target) {
  return begin(entry, kLink, 0, target);
}

Status TarWriter::file(const Entry& entry, std::int64_t size) {
  return begin(entry, kFile, size, "");
}

// What the header has no room for stands before it, in an entry of its own.
Status TarWriter::begin(const Entry& entry, char type, std::int64_t size, const std::string& target) {
  ORBIT_TRY_STATUS(endFile());
  Header header{};
  header.type = type;
  std::string pax;
  const auto number = [&pax](auto& field, const char* key, std::int64_t value) {
    if (fits(field, value)) return put(field, value);
    put(field, 0);
    pax += paxRecord(key, std::to_string(value));
  };
  const std::string path = type == kFolder ? entry.path + "/" : entry.path;
  const bool ascii = isAscii(path) && isAscii(target);
  if (!ascii) pax += paxRecord("hdrcharset", "BINARY");  // as the file system has them, whatever they mean
  if (!putPath(header, path) || !isAscii(path)) pax += paxRecord("path", path);
  put(header.linked, target);
  if (target.size() > sizeof header.linked || !isAscii(target)) pax += paxRecord("linkpath", target);
  put(header.mode, entry.mode & 07777);
  number(header.owner, "uid", entry.uid);
  number(header.group, "gid", entry.gid);
  number(header.size, "size", size);
  number(header.modified, "mtime", entry.modifiedS);
  if (!pax.empty()) {
    Header before{};
    before.type = kPax;
    put(before.name, "pax_header");
    put(before.mode, 0644);
    put(before.owner, 0);
    put(before.group, 0);
    put(before.size, static_cast<std::int64_t>(pax.size()));
    put(before.modified, 0);
    ORBIT_TRY_STATUS(write(sealed(before)));
    ORBIT_TRY_STATUS(write(pax));
    ORBIT_TRY_STATUS(pad(pax.size()));
  }
  ORBIT_TRY_STATUS(write(sealed(header)));
  fileBytes_ = left_ = static_cast<std::uint64_t>(size);
  return {};
}

Status TarWriter::data(std::string_view bytes) {
  if (bytes.size() > left_) return Error{Code::kIo, "a file grew while it was packed"};
  left_ -= bytes.size();
  return write(bytes);
}

Status TarWriter::close() {
  ORBIT_TRY_STATUS(endFile());
  ORBIT_TRY_STATUS(write(std::string(2 * kRecordBytes, '\0')));
  return sink_(std::exchange(block_, {}));
}

Status TarWriter::endFile() {
  ORBIT_CHECK(left_ == 0);
  return pad(std::exchange(fileBytes_, 0));
}

Status TarWriter::pad(std::uint64_t bytes) {
  const auto over = static_cast<std::size_t>(bytes % kRecordBytes);
  return over == 0 ? Status() : write(std::string(kRecordBytes - over, '\0'));
}

Status TarWriter::write(std::string_view bytes) {
  if (block_.size() + bytes.size() < kBlockBytes) {
    block_ += bytes;
    return {};
  }
  if (!block_.empty()) {
    ORBIT_TRY_STATUS(sink_(block_));
    block_.clear();
  }
  if (bytes.size() >= kBlockBytes) return sink_(bytes);
  block_ = bytes;
  return {};
}

}  // namespace orbit::pack
